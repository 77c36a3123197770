// Journeys in which the text of an open task must not be lost: two devices, an unavailable server, a restored revision.
import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import { DESK, PHONE } from './people'
import { begin, description, panel, quickAdd, row } from './taskHelpers'
import { checkAccessibility, watchConsole } from './watch'
import { append, countDrafts, otherDevice, saved, saveState } from './editor'

const ADDRESS = /\/tasks\?task=[0-9a-f-]{36}$/
const ONE_TASK = /\/api\/v1\/tasks\/[0-9a-f-]{36}$/

test.use({ viewport: DESK })

async function describe(page: Page, title: string, text: string) {
  await quickAdd(page, title)
  await row(page, new RegExp(`^${title}`)).click()
  await expect(page).toHaveURL(ADDRESS)
  await description(page).click()
  await page.keyboard.insertText(text)
  await saved(page)
}

/** Both devices save different text; the first one is offline meanwhile and gets the conflict. */
async function collide(
  watch: ReturnType<typeof watchConsole>,
  context: BrowserContext,
  page: Page,
  mine: string,
  other: Page,
  theirs: string,
) {
  watch.allow(/ERR_INTERNET_DISCONNECTED/)
  await context.setOffline(true)
  await append(description(page), 1, mine)
  await expect(saveState(page)).toContainText('Offline')
  await append(description(other), 1, theirs)
  await saved(other)
  await context.setOffline(false)
  await expect(saveState(page)).toHaveText('Conflict', { timeout: 15_000 })
  watch.allow(undefined)
}

test('two devices, different lines of one description: merged without a conflict, and the caret stays', async ({
  page,
  context,
  browser,
  baseURL,
}) => {
  const watch = watchConsole(page)
  const person = await begin(page)
  await describe(page, 'Shopping', 'milk\n\nbread\n\ntea')
  const phone = await otherDevice(browser, baseURL, person, page.url(), description)
  watch.allow(/ERR_INTERNET_DISCONNECTED/)
  await context.setOffline(true)
  await append(description(page), 5, ', green')
  await expect(saveState(page)).toContainText('Offline')
  await checkAccessibility(page, 'open task, offline')
  await append(description(phone), 1, ' and butter')
  await saved(phone)
  await context.setOffline(false)
  await expect(saveState(page)).toHaveText('Merged with changes from another device', { timeout: 15_000 })
  await expect(description(page)).toContainText('milk and butter')
  await page.keyboard.type(' tea')
  await expect(description(page)).toContainText('tea, green tea')
  await saved(page)
  watch.allow(undefined)
  await phone.reload()
  await expect(description(phone)).toContainText('milk and butter')
  await expect(description(phone)).toContainText('tea, green tea')
  await phone.context().close()
  watch.check()
})

test('two devices, the same words: a conflict, and the rejected text in the history', async ({
  page,
  context,
  browser,
  baseURL,
}) => {
  const watch = watchConsole(page)
  const person = await begin(page)
  await describe(page, 'Meeting', 'We meet at ten')
  const other = await otherDevice(browser, baseURL, person, page.url(), description)

  await collide(watch, context, page, ' in the hall', other, ' at the station')
  const choice = page.getByRole('region', { name: 'Conflicting changes' })
  const choose = (name: string) => choice.getByRole('button', { name })
  await expect(choice.getByRole('region', { name: 'Yours' })).toContainText('We meet at ten in the hall')
  await choice.getByRole('radio', { name: 'Theirs' }).click()
  await expect(choice.getByRole('region', { name: /Theirs/ })).toContainText('We meet at ten at the station')
  await checkAccessibility(page, 'open task, conflict')
  await page.setViewportSize(PHONE)
  await expect(choose('Keep both')).toBeInViewport()
  await checkAccessibility(page, 'open task, conflict, phone')
  await page.setViewportSize(DESK)
  // The question outlives a reload.
  await page.reload()
  await expect(saveState(page)).toHaveText('Conflict', { timeout: 15_000 })
  await expect(description(page)).toContainText('in the hall')
  // Fields are saved while the text is in conflict.
  await panel(page).getByLabel('Priority').selectOption('3')
  await expect(row(page, /^Meeting/)).toContainText('!3')
  await expect(panel(page).getByLabel('Priority')).toHaveValue('3')
  await expect(choice).toBeVisible()
  await choose('Keep mine').focus()
  await page.keyboard.press('Enter')
  await saved(page)
  await expect(choice).toBeHidden()
  await expect(panel(page).getByLabel('Priority')).toHaveValue('3')
  await expect(description(other)).toContainText('in the hall', { timeout: 20_000 })

  await collide(watch, context, page, ', at noon', other, ', at night')
  await choose('Keep theirs').click()
  await saved(page)
  await expect(description(page)).toContainText('at night')
  await expect(description(page)).not.toContainText('at noon')
  await panel(page).getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'History' }).click()
  const history = page.getByRole('dialog', { name: 'History' })
  await history
    .getByRole('button', { name: /Rejected in a conflict/ })
    .first()
    .click()
  await expect(history.getByRole('region', { name: 'Text of this version' })).toContainText('at noon')
  await checkAccessibility(page, 'history of a task, conflict')
  await page.keyboard.press('Escape')
  await expect(panel(page)).toBeVisible()

  await expect(description(other)).toContainText('at night', { timeout: 20_000 })
  await collide(watch, context, page, ', bring cake', other, ', bring tea')
  await choose('Keep both').click()
  await saved(page)
  await page.reload()
  await expect(description(page)).toContainText('bring cake')
  await expect(description(page)).toContainText('bring tea')
  await other.context().close()
  watch.check()
})

test('history: opened with a key, compared, restored, and undone', async ({ page }) => {
  const watch = watchConsole(page)
  await begin(page)
  await describe(page, 'Bake', 'Two eggs')
  await page.keyboard.type(' and a pinch of salt')
  await saved(page)
  await panel(page).getByRole('button', { name: 'More actions' }).focus()
  await page.keyboard.press('h')
  const history = page.getByRole('dialog', { name: 'History' })
  const versions = history.getByRole('list', { name: 'Versions' }).getByRole('button')
  await expect(versions).not.toHaveCount(0)
  await checkAccessibility(page, 'history of a task')
  await versions.first().focus()
  for (let down = 1; down < (await versions.count()); down += 1) await page.keyboard.press('ArrowDown')
  await expect(versions.last()).toHaveAttribute('aria-current', 'true')
  await expect(history.getByText('Only in the current version')).toBeVisible()
  await history.getByRole('radio', { name: 'Text' }).click()
  await expect(history.getByRole('region', { name: 'Text of this version' })).not.toContainText('pinch of salt')
  await history.getByRole('button', { name: 'Restore' }).click()
  await expect(history).toBeHidden()
  await expect(description(page)).not.toContainText('pinch of salt')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(description(page)).toContainText('Two eggs and a pinch of salt')
  await page.reload()
  await expect(description(page)).toContainText('Two eggs and a pinch of salt')

  await page.setViewportSize(PHONE)
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'History' }).click()
  await expect(versions.last()).toBeVisible()
  await checkAccessibility(page, 'history of a task, phone')
  watch.check()
})

test('the server is unavailable: the text is kept, also when the task is closed, and saved later', async ({ page }) => {
  const watch = watchConsole(page)
  await begin(page)
  await describe(page, 'Tunnel', 'Written before')
  const address = page.url()
  watch.allow(/ERR_FAILED/)
  await page.route(ONE_TASK, (route) => route.abort())
  await page.keyboard.type(' and inside the tunnel')
  await expect(saveState(page)).toContainText('Not saved yet')
  await expect(saveState(page)).toContainText('kept in this browser')
  await checkAccessibility(page, 'open task, kept in this browser')
  await page.reload()
  await expect(description(page)).toContainText('Written before and inside the tunnel')
  await expect(page.getByText('Showing the text stored in this browser')).toBeVisible()
  await checkAccessibility(page, 'open task, only the draft')
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('Long tunnel')
  await expect(saveState(page)).toContainText('kept in this browser')
  await panel(page).getByRole('button', { name: 'Close the task' }).click()
  await expect(panel(page)).toBeHidden()
  await page.unroute(ONE_TASK)
  await expect(row(page, /^Long tunnel/)).toBeVisible({ timeout: 30_000 })
  await expect.poll(() => countDrafts(page)).toBe(0)
  watch.allow(undefined)
  await page.goto(address)
  await expect(description(page)).toContainText('Written before and inside the tunnel')
  await saved(page)
  watch.check()
})
