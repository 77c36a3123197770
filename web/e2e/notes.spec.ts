// Owns the journeys through the running product, from sign-up to a note that outlives an instance, in
// a real browser under the real policy. Refuses a server in memory.
import { execSync } from 'node:child_process'
import { expect, test, type Page } from '@playwright/test'
import { readCode } from './mail'
import { checkAccessibility, watchConsole } from './watch'

const PASSWORD = 'eleven green lanterns'
const PHONE = { width: 390, height: 844 }

interface Person {
  username: string
  email: string
}

let counter = 0

function newPerson(): Person {
  counter += 1
  const username = `e2e${Date.now().toString(36)}${counter}`
  return { username, email: `${username}@example.org` }
}

const saveState = (page: Page) => page.getByTestId('save-state')
const saved = (page: Page) => expect(saveState(page)).toHaveText('Saved', { timeout: 15_000 })
const text = (page: Page) => page.getByRole('textbox', { name: 'Note text' })

async function signUp(page: Page, person: Person) {
  await page.goto('/sign-up')
  await page.getByLabel('User name').fill(person.username)
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Confirm your e-mail' })).toBeVisible()
}

async function verify(page: Page, person: Person) {
  await page.getByLabel('Six-digit code').fill(await readCode(person.email))
  await expect(page.getByRole('heading', { name: 'Notes', exact: true })).toBeVisible()
}

async function signIn(page: Page, login: string) {
  await page.getByLabel('User name or e-mail').fill(login)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Notes', exact: true })).toBeVisible()
}

async function write(page: Page, title: string, body: string) {
  await page.getByRole('link', { name: 'New note' }).first().click()
  await page.getByRole('textbox', { name: 'Title' }).fill(title)
  await text(page).click()
  await page.keyboard.insertText(body)
  await saved(page)
}

test('sign up, verify, sign in, write, find, reload: it is still there', async ({ page }) => {
  const watch = watchConsole(page)
  const person = newPerson()

  await page.goto('/sign-in')
  await checkAccessibility(page, 'sign-in')
  await page.goto('/sign-up')
  await checkAccessibility(page, 'sign-up')
  await signUp(page, person)
  await checkAccessibility(page, 'verify-email')
  await verify(page, person)
  await expect(page.getByRole('heading', { name: 'Your first note' })).toBeVisible()
  await checkAccessibility(page, 'notes, empty')

  await page.getByRole('button', { name: /^Account/ }).click()
  await checkAccessibility(page, 'account menu')
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await signIn(page, person.username)

  await write(page, 'Lanterns', '# Shopping\n\n- [ ] candles\n- [x] matches\n\n| a | b |\n| - | -: |\n| 1 | 2 |')
  await write(page, 'Harbour', 'The ferry leaves at **seven**.')
  await checkAccessibility(page, 'note, write')
  await page.getByRole('radio', { name: 'Preview' }).click()
  await expect(page.getByRole('region', { name: 'Preview' }).getByText('seven')).toBeVisible()
  await checkAccessibility(page, 'note, preview')
  await page.getByRole('radio', { name: 'Write' }).click()

  await page.getByRole('textbox', { name: 'Search notes' }).fill('candles')
  const rows = page.getByRole('region', { name: 'Notes' }).getByRole('listitem')
  await expect(rows).toHaveCount(1)
  await rows.getByRole('link', { name: /Lanterns/ }).click()
  await expect(page.getByRole('textbox', { name: 'Title' })).toHaveValue('Lanterns')
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Title' })).toHaveValue('Lanterns')
  await expect(text(page)).toContainText('candles')
  await expect(rows).toHaveCount(1)
  watch.check()
})

test('pin, archive, trash, undo, restore, delete for good', async ({ page }) => {
  const watch = watchConsole(page)
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  await write(page, 'Alpha', 'one')
  await write(page, 'Beta', 'two')
  const rows = page.getByRole('region', { name: 'Notes' }).getByRole('listitem')
  await expect(rows.first()).toContainText('Beta')

  await rows.filter({ hasText: 'Alpha' }).getByRole('link').click()
  await page.getByRole('button', { name: 'Pin' }).click()
  await expect(rows.first()).toContainText('Alpha')
  await expect(page.getByRole('button', { name: 'Unpin' })).toHaveAttribute('aria-pressed', 'true')
  await text(page).click()
  await page.keyboard.type('more ')
  await saved(page)

  await page.keyboard.press('Escape')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Move to trash' }).click()
  await expect(rows).toHaveCount(1)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(rows).toHaveCount(2)

  await rows.filter({ hasText: 'Beta' }).getByRole('link').focus()
  await page.keyboard.press('#')
  await expect(rows).toHaveCount(1)
  await page.getByRole('link', { name: 'Trash' }).click()
  await page.getByRole('link', { name: /Beta/ }).click()
  await checkAccessibility(page, 'trash')
  await page.getByRole('button', { name: 'Delete for good' }).click()
  await checkAccessibility(page, 'delete dialog')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
  await expect(page.getByRole('heading', { name: 'The trash is empty' })).toBeVisible()
  await checkAccessibility(page, 'trash, empty')

  await page.getByRole('link', { name: 'Archive', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'The archive is empty' })).toBeVisible()
  await checkAccessibility(page, 'archive, empty')
  watch.check()
})

test('keyboard alone: new, list, search, help, and the switch for single keys', async ({ page }) => {
  const watch = watchConsole(page)
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  await page.keyboard.press('n')
  await expect(page.getByRole('textbox', { name: 'Title' })).toBeFocused()
  await page.keyboard.type('By keys')
  await page.keyboard.press('Enter')
  await expect(text(page)).toBeFocused()
  await page.keyboard.type('written without a mouse')
  await page.keyboard.press('Control+s')
  await saved(page)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Tab')
  await expect(text(page)).not.toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/notes$/)
  await page.keyboard.press('j')
  await expect(page.getByRole('link', { name: /By keys/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/notes\/[0-9a-f-]{36}$/)
  await page.keyboard.press('/')
  await expect(page.getByRole('textbox', { name: 'Search notes' })).toBeFocused()
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(dialog).toBeVisible()
  await checkAccessibility(page, 'shortcuts')
  await dialog.getByRole('switch').click()
  await page.keyboard.press('Escape')
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/\/notes\/[0-9a-f-]{36}$/)
  watch.check()
})

test('an empty new note leaves nothing behind', async ({ page }) => {
  const watch = watchConsole(page)
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  await page.getByRole('link', { name: 'New note' }).first().click()
  await expect(saveState(page)).toHaveText('New note')
  await page.getByRole('link', { name: 'Trash' }).click()
  await page.getByRole('link', { name: 'Notes', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Your first note' })).toBeVisible()
  watch.check()
})

test('offline: the text is kept, said to be unsaved, and saved when the line is back', async ({ page, context }) => {
  const watch = watchConsole(page)
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  await write(page, 'Tunnel', 'before')
  watch.allow(/ERR_INTERNET_DISCONNECTED/)
  await context.setOffline(true)
  await page.keyboard.type(' inside')
  await expect(saveState(page)).toContainText('Offline')
  await checkAccessibility(page, 'note, offline')
  await context.setOffline(false)
  await saved(page)
  watch.allow(undefined)
  await page.reload()
  await expect(text(page)).toContainText('before inside')
  watch.check()
})

test('two tabs: a conflict keeps both texts and lets one choose', async ({ page, context }) => {
  const watch = watchConsole(page)
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  await write(page, 'Shared', 'start')
  await expect(page).toHaveURL(/\/notes\/[0-9a-f-]{36}$/)
  const other = await context.newPage()
  await other.goto(page.url())
  await expect(text(other)).toContainText('start')
  await text(other).click()
  await other.keyboard.type('theirs ')
  await saved(other)
  watch.allow(/412/)
  await text(page).click()
  await page.keyboard.type('mine ')
  await expect(saveState(page)).toHaveText('Conflict')
  await checkAccessibility(page, 'note, conflict')
  await page.getByText('Show the other text').click()
  await expect(page.getByRole('alert')).toContainText('theirs')
  await page.getByRole('button', { name: 'Keep mine' }).click()
  await saved(page)
  await other.reload()
  await expect(text(other)).toContainText('mine')
  watch.allow(undefined)
  watch.check()
})

test('a session that ended: sign in again in place, nothing is lost', async ({ page, context }) => {
  const watch = watchConsole(page)
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  await write(page, 'Long letter', 'Dear')
  watch.allow(/401/)
  await context.clearCookies()
  await page.route('**/api/v1/notes/**', (route) => route.fulfill({ status: 401, body: '{}' }), { times: 1 })
  await page.keyboard.type(' friend')
  const dialog = page.getByRole('dialog', { name: 'Please sign in again' })
  await expect(dialog).toBeVisible()
  await expect(dialog.getByLabel('Password', { exact: true })).toBeFocused()
  await checkAccessibility(page, 'sign in again')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await saved(page)
  watch.allow(undefined)
  await page.reload()
  await expect(text(page)).toContainText('Dear friend')
  watch.check()
})

test('on a phone: one column, bar at the bottom, back to the list', async ({ page }) => {
  const watch = watchConsole(page)
  await page.setViewportSize(PHONE)
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  await checkAccessibility(page, 'notes, phone')
  await write(page, 'Pocket', 'small')
  await checkAccessibility(page, 'note, phone')
  await page.getByRole('button', { name: 'Back to the list' }).click()
  await expect(page.getByRole('link', { name: /Pocket/ })).toBeVisible()
  await page.getByRole('link', { name: 'Archive', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'The archive is empty' })).toBeVisible()
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(overflow).toBe(0)
  watch.check()
})

test('the instance that served the save is killed: the note is still there', async ({ page }) => {
  const kill = process.env.SATCHEL_E2E_KILL
  test.skip(!kill, 'SATCHEL_E2E_KILL names no command that kills an instance')
  const watch = watchConsole(page)
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  let instance = ''
  page.on('response', (response) => {
    if (response.request().method() === 'POST' || response.request().method() === 'PATCH') {
      instance = response.headers()['x-satchel-instance'] ?? instance
    }
  })
  await write(page, 'Survivor', 'written before the fall')
  watch.allow(/50[234]|ERR_/)
  execSync(`${kill} ${instance}`.trim(), { stdio: 'ignore' })
  await text(page).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(', and after it')
  await saved(page)
  await page.reload()
  await expect(text(page)).toContainText('written before the fall, and after it')
  watch.allow(undefined)
  watch.check()
})
