// Owns what every journey through a note does: open one, write, wait until it is saved. Refuses checks of
// anything else.
import { expect, type Page } from '@playwright/test'

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
