// Owns the journeys in which text would be lost elsewhere: a reload in the middle of a sentence, a closed
// tab, two devices at once, a wrong turn that history takes back. Refuses a server in memory.
import { expect, test, type Browser, type Page } from '@playwright/test'
import { newPerson, signIn, signUp, verify, type Person } from './people'
import { checkAccessibility, watchConsole } from './watch'
import { saved, saveState, text, write } from './writing'

const PHONE = { width: 390, height: 844 }
const DESK = { width: 1280, height: 800 }
const ONE_NOTE = /\/api\/v1\/notes(\/[0-9a-f-]{36})?(\?permanent.*)?$/
const ADDRESS = /\/notes\/[0-9a-f-]{36}$/

async function begin(page: Page): Promise<Person> {
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  return person
}

/** No answer to anything about a single note; lists and sign-in go on. */
async function cutOff(page: Page) {
  await page.route(ONE_NOTE, (route) => (route.request().url().includes('?') ? route.fallback() : route.abort()))
}

/** The same account in another browser, at the same note. */
async function otherDevice(browser: Browser, baseURL: string | undefined, person: Person, address: string): Promise<Page> {
  const page = await (await browser.newContext({ baseURL })).newPage()
  await page.goto('/sign-in')
  await signIn(page, person.username)
  await page.goto(address)
  await expect(text(page)).toBeVisible()
  return page
}

async function append(page: Page, line: number, words: string) {
  await text(page).click()
  await page.keyboard.press('Control+Home')
  for (let down = 1; down < line; down += 1) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('End')
  await page.keyboard.insertText(words)
}

test('a reload while the server is away: the words are there again, and saved when it is back', async ({ page }) => {
  const watch = watchConsole(page)
  await begin(page)
  await write(page, 'Tunnel', 'Written before')
  await expect(page).toHaveURL(ADDRESS)
  watch.allow(/ERR_FAILED/)
  await cutOff(page)
  await page.keyboard.type(' and inside the tunnel')
  await expect(saveState(page)).toHaveText('Not saved yet – kept in this browser')
  await checkAccessibility(page, 'note, kept in this browser')
  await page.reload()
  await expect(text(page)).toContainText('Written before and inside the tunnel')
  await expect(saveState(page)).toContainText('kept in this browser')
  await page.unroute(ONE_NOTE)
  await saved(page)
  watch.allow(undefined)
  await page.reload()
  await expect(text(page)).toContainText('Written before and inside the tunnel')
  await saved(page)
  watch.check()
})

test('a new note the server never saw: it survives the reload, and the closed tab', async ({ page, context }) => {
  const watch = watchConsole(page)
  await begin(page)
  watch.allow(/ERR_FAILED/)
  await cutOff(page)
  await page.getByRole('link', { name: 'New note' }).first().click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Nobody knows')
  await text(page).click()
  await page.keyboard.type('the first words')
  await expect(saveState(page)).toContainText('kept in this browser')
  await expect(page).toHaveURL(ADDRESS)
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Title' })).toHaveValue('Nobody knows')
  await expect(text(page)).toContainText('the first words')
  await page.close()

  const next = await context.newPage()
  const watchNext = watchConsole(next)
  await next.goto('/notes')
  await expect(next.getByText('Saved what you wrote earlier in “Nobody knows”')).toBeVisible({ timeout: 30_000 })
  await next.reload()
  await expect(next.getByRole('link', { name: /Nobody knows/ })).toBeVisible()
  watch.check()
  watchNext.check()
})

test('two tabs with the same note away from the server: neither draft overwrites the other', async ({ page, context }) => {
  const watch = watchConsole(page)
  await begin(page)
  await write(page, 'Twice', 'one\n\ntwo\n\nthree')
  await expect(page).toHaveURL(ADDRESS)
  const other = await context.newPage()
  await other.goto(page.url())
  await expect(text(other)).toContainText('three')
  watch.allow(/ERR_FAILED/)
  for (const tab of [page, other]) await cutOff(tab)
  await append(page, 1, ' from the first tab')
  await append(other, 5, ' from the second tab')
  for (const tab of [page, other]) await expect(saveState(tab)).toContainText('kept in this browser')
  await page.reload()
  await expect(text(page)).toContainText('one from the first tab')
  await expect(text(page)).not.toContainText('second tab')
  await other.reload()
  await expect(text(other)).toContainText('three from the second tab')
  for (const tab of [page, other]) await tab.unroute(ONE_NOTE)
  for (const tab of [page, other]) await saved(tab)
  await page.reload()
  await expect(text(page)).toContainText('one from the first tab')
  await expect(text(page)).toContainText('three from the second tab')
  watch.check()
})

test('two devices, different lines: both stay, without a question, and the caret where it was', async ({ page, context, browser, baseURL }) => {
  const watch = watchConsole(page)
  const person = await begin(page)
  await write(page, 'Shared list', 'milk\n\nbread\n\ntea')
  await expect(page).toHaveURL(ADDRESS)
  const phone = await otherDevice(browser, baseURL, person, page.url())
  watch.allow(/ERR_INTERNET_DISCONNECTED/)
  await context.setOffline(true)
  await append(page, 5, ', green')
  await expect(saveState(page)).toHaveText('Offline – kept in this browser')
  await append(phone, 1, ' and butter')
  await saved(phone)
  await context.setOffline(false)
  await expect(saveState(page)).toHaveText('Merged with changes from another device', { timeout: 15_000 })
  await expect(text(page)).toContainText('milk and butter')
  await page.keyboard.type(' tea')
  await expect(text(page)).toContainText('tea, green tea')
  await saved(page)
  watch.allow(undefined)
  await phone.reload()
  await expect(text(phone)).toContainText('tea, green tea')
  await phone.context().close()
  watch.check()
})

test('two devices, the same words: one chooses, and the other text stays in the history', async ({ page, context, browser, baseURL }) => {
  const watch = watchConsole(page)
  const person = await begin(page)
  await write(page, 'Meeting', 'We meet at ten')
  await expect(page).toHaveURL(ADDRESS)
  const address = page.url()
  const other = await otherDevice(browser, baseURL, person, address)

  async function collide(mine: string, theirs: string) {
    watch.allow(/ERR_INTERNET_DISCONNECTED/)
    await context.setOffline(true)
    await append(page, 1, mine)
    await expect(saveState(page)).toContainText('Offline')
    await append(other, 1, theirs)
    await saved(other)
    await context.setOffline(false)
    await expect(saveState(page)).toHaveText('Conflict', { timeout: 15_000 })
    watch.allow(undefined)
  }

  await collide(' in the hall', ' at the station')
  const panel = page.getByRole('region', { name: 'Changed in two places' })
  await expect(panel.getByRole('region', { name: 'Yours' })).toContainText('We meet at ten in the hall')
  await expect(panel.getByRole('region', { name: /The other/ })).toContainText('We meet at ten at the station')
  await checkAccessibility(page, 'note, conflict')
  await page.setViewportSize(PHONE)
  await expect(panel.getByRole('button', { name: 'Keep both' })).toBeInViewport()
  await panel.getByRole('radio', { name: 'The other' }).click()
  await expect(panel.getByRole('region', { name: /The other/ })).toContainText('at the station')
  await checkAccessibility(page, 'note, conflict, phone')
  await page.setViewportSize(DESK)
  // The question outlives a reload.
  await page.reload()
  await expect(saveState(page)).toHaveText('Conflict', { timeout: 15_000 })
  await expect(text(page)).toContainText('in the hall')
  await panel.getByRole('button', { name: 'Keep mine' }).focus()
  await page.keyboard.press('Enter')
  await saved(page)
  await expect(panel).toBeHidden()
  await other.reload()
  await expect(text(other)).toContainText('in the hall')

  await collide(', at noon', ', at night')
  await panel.getByRole('button', { name: 'Keep theirs' }).click()
  await saved(page)
  await expect(text(page)).toContainText('at night')
  await expect(text(page)).not.toContainText('at noon')
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'History' }).click()
  const history = page.getByRole('dialog', { name: 'History' })
  await history.getByRole('button', { name: /Not taken in a conflict/ }).first().click()
  await expect(history.getByRole('region', { name: 'Text of this version' })).toContainText('at noon')
  await checkAccessibility(page, 'history, conflict')
  await history.getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText('Removed from the history')).toBeVisible()
  await page.keyboard.press('Escape')

  await other.reload()
  await expect(text(other)).toContainText('at night')
  await collide(', bring cake', ', bring tea')
  await panel.getByRole('button', { name: 'Keep both' }).click()
  await saved(page)
  await page.reload()
  await expect(text(page)).toContainText('bring cake')
  await expect(text(page)).toContainText('bring tea')
  await other.context().close()
  watch.check()
})

test('history: by a key, what it said then, restored, and the restoring taken back', async ({ page }) => {
  const watch = watchConsole(page)
  await begin(page)
  await write(page, 'Recipe', 'Two eggs')
  await page.keyboard.type(' and a pinch of salt')
  await saved(page)
  await page.getByRole('button', { name: 'More actions' }).focus()
  await page.keyboard.press('h')
  const history = page.getByRole('dialog', { name: 'History' })
  const versions = history.getByRole('list', { name: 'Versions' }).getByRole('button')
  await expect(versions).not.toHaveCount(0)
  await checkAccessibility(page, 'history')
  await versions.first().focus()
  for (let down = 1; down < (await versions.count()); down += 1) await page.keyboard.press('ArrowDown')
  await expect(versions.last()).toHaveAttribute('aria-current', 'true')
  await expect(history.getByText('Only in the note now')).toBeVisible()
  await expect(history.getByRole('insertion').first()).toBeVisible()
  await history.getByRole('radio', { name: 'Text' }).click()
  await expect(history.getByRole('region', { name: 'Text of this version' })).not.toContainText('pinch of salt')
  await history.getByRole('button', { name: 'Restore' }).click()
  await expect(history).toBeHidden()
  await expect(text(page)).not.toContainText('pinch of salt')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(text(page)).toContainText('Two eggs and a pinch of salt')
  await page.reload()
  await expect(text(page)).toContainText('Two eggs and a pinch of salt')

  await page.setViewportSize(PHONE)
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'History' }).click()
  await checkAccessibility(page, 'history, phone')
  await versions.last().click()
  await expect(history.getByRole('button', { name: 'Restore' })).toBeInViewport()
  await checkAccessibility(page, 'history, phone, version')
  await history.getByRole('button', { name: 'Back to the versions' }).click()
  await expect(versions.last()).toBeFocused()
  watch.check()
})

test('signing out with text the server does not have: asked first, and then nothing stays behind', async ({ page }) => {
  const watch = watchConsole(page)
  const person = await begin(page)
  await write(page, 'Secret', 'known')
  watch.allow(/ERR_FAILED/)
  await cutOff(page)
  await page.keyboard.type(' and not known')
  await expect(saveState(page)).toContainText('kept in this browser')
  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  const question = page.getByRole('dialog', { name: 'Not everything is saved yet' })
  await checkAccessibility(page, 'sign out, unsaved')
  await question.getByRole('button', { name: 'Stay' }).click()
  await expect(text(page)).toContainText('and not known')
  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await question.getByRole('button', { name: /Sign out/ }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  const left = () =>
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
  await expect.poll(left).toBe(0)
  await page.unroute(ONE_NOTE)
  watch.allow(undefined)
  await signIn(page, person.username)
  await page.getByRole('link', { name: /Secret/ }).click()
  await expect(text(page)).toHaveText('known')
  watch.check()
})
