// Helpers for specs with a text editor: write, wait until saved, open the text on another device.
import { expect, type Browser, type Locator, type Page } from '@playwright/test'
import { signIn, type Person } from './people'

export const saveState = (page: Page) => page.getByTestId('save-state')
export const saved = (page: Page) => expect(saveState(page)).toHaveText(/^(Saved|Merged|Updated)/, { timeout: 15_000 })
export const text = (page: Page) => page.getByRole('textbox', { name: 'Note text' })

export async function write(page: Page, title: string, body: string) {
  await page.getByRole('link', { name: 'New note' }).first().click()
  await page.getByRole('textbox', { name: 'Title' }).fill(title)
  await text(page).click()
  await page.keyboard.insertText(body)
  await saved(page)
}

/** Inserts text at the end of a line; the first is 1. */
export async function append(field: Locator, line: number, addition: string) {
  const { keyboard } = field.page()
  await field.click()
  await keyboard.press('Control+Home')
  for (let down = 1; down < line; down += 1) await keyboard.press('ArrowDown')
  await keyboard.press('End')
  await keyboard.insertText(addition)
}

/** Opens the URL with the same account in another browser. */
export async function otherDevice(
  browser: Browser,
  baseURL: string | undefined,
  person: Person,
  url: string,
  field = text,
): Promise<Page> {
  const page = await (await browser.newContext({ baseURL })).newPage()
  await page.goto('/sign-in')
  await signIn(page, person.username)
  await page.goto(url)
  await expect(field(page)).toBeVisible()
  return page
}

/** Number of drafts in this browser's database. */
export const countDrafts = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const open = indexedDB.open('satchel-drafts')
        open.onsuccess = () => {
          const count = open.result.transaction('drafts').objectStore('drafts').count()
          count.onsuccess = () => resolve(count.result)
        }
      }),
  )
