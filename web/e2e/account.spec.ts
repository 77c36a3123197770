// Journeys with the account: two-factor authentication, password reset, sessions, API keys, profile, deletion.
import { expect, test, type Page } from '@playwright/test'
import { readCode, readResetPath } from './mail'
import { atNotes, givePassword, join, PASSWORD, signIn, signOut } from './people'
import { totp } from './totp'
import { checkAccessibility, watchConsole } from './watch'

const NEXT_PASSWORD = 'twelve quiet harbours'
const dialog = (page: Page) => page.getByRole('dialog')

async function openSettings(page: Page, pageName: 'Profile' | 'Security' | 'API keys') {
  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitem', { name: 'Settings' }).click()
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: pageName }).click()
  await expect(page.getByRole('heading', { level: 1, name: pageName })).toBeVisible()
}

/** Returns the secret, the used code, and one recovery code. */
async function enableTwoFactor(page: Page) {
  await page.getByRole('button', { name: 'Enable…' }).click()
  await checkAccessibility(page, '2FA, password')
  await dialog(page).getByLabel('Your password').fill(PASSWORD)
  await dialog(page).getByRole('button', { name: 'Continue' }).click()
  const secret = ((await page.getByTestId('totp-secret').textContent()) ?? '').replace(/\s/g, '')
  await expect(page.getByRole('img', { name: /QR code/ })).toHaveJSProperty('complete', true)
  await checkAccessibility(page, '2FA, app')
  const usedCode = totp(secret)
  await page.getByLabel('Six-digit code').fill(usedCode)
  await expect(dialog(page).getByRole('heading', { name: 'Save your recovery codes' })).toBeVisible()
  await checkAccessibility(page, '2FA, recovery codes')
  const codes = await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents()
  expect(codes).toHaveLength(10)
  await page.keyboard.press('Escape')
  await dialog(page).getByRole('button', { name: 'Done' }).click()
  await expect(dialog(page).getByText('Save the codes first')).toBeVisible()
  const download = page.waitForEvent('download')
  await dialog(page).getByRole('button', { name: 'Download' }).click()
  expect((await download).suggestedFilename()).toBe('satchel-recovery-codes.txt')
  await dialog(page)
    .getByLabel(/I have saved/)
    .check()
  await dialog(page).getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('button', { name: 'Disable…' })).toBeVisible()
  return { secret, usedCode, recoveryCode: codes[0]! }
}

test('two-factor authentication: enabled, used to sign in with a code and a recovery code, disabled', async ({
  page,
  context,
}) => {
  const watch = watchConsole(page)
  const person = await join(page)
  await openSettings(page, 'Security')
  await checkAccessibility(page, 'security')
  const { secret, usedCode, recoveryCode } = await enableTwoFactor(page)
  await signOut(page)

  watch.allow(/401/)
  await givePassword(page, person.username)
  await expect(page.getByRole('heading', { name: 'Enter your code' })).toBeVisible()
  await expect(page.getByLabel('Six-digit code')).toBeFocused()
  await checkAccessibility(page, 'sign-in, code')
  await page.getByLabel('Six-digit code').fill(usedCode)
  await expect(page.getByText('This code is wrong')).toBeVisible()
  await checkAccessibility(page, 'sign-in, wrong code')
  await page.getByLabel('Six-digit code').fill(totp(secret, 1))
  await atNotes(page)

  // The session expires while a note is open: the dialog requires the code, too.
  await page.getByRole('link', { name: 'New note' }).first().click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Kept')
  await expect(page.getByTestId('save-state')).toHaveText('Saved', { timeout: 15_000 })
  await context.clearCookies()
  await page.route('**/api/v1/notes/**', (route) => route.fulfill({ status: 401, body: '{}' }), { times: 1 })
  await page.getByRole('textbox', { name: 'Title' }).fill('Kept in place')
  await expect(dialog(page)).toBeVisible()
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await expect(dialog(page).getByLabel('Six-digit code')).toBeFocused()
  await checkAccessibility(page, 'sign in again, code')
  await dialog(page).getByRole('button', { name: 'Use a recovery code' }).click()
  await expect(dialog(page).getByLabel('Recovery code')).toBeFocused()
  await page.keyboard.type(recoveryCode)
  await page.keyboard.press('Enter')
  await expect(dialog(page)).toBeHidden()
  await expect(page.getByTestId('save-state')).toHaveText('Saved', { timeout: 15_000 })

  await openSettings(page, 'Security')
  watch.allow(/403/)
  await page.getByRole('button', { name: 'Disable…' }).click()
  await dialog(page).getByLabel('Your password').fill(PASSWORD)
  await dialog(page).getByLabel('Code').fill(recoveryCode)
  await dialog(page).getByRole('button', { name: 'Disable' }).click()
  await expect(dialog(page).getByText('This code is wrong')).toBeVisible()
  await checkAccessibility(page, '2FA, disable')
  watch.allow(undefined)
  watch.check()
})

test('password reset: the link works once and disappears from the address bar', async ({ page }) => {
  const watch = watchConsole(page)
  const person = await join(page)
  await signOut(page)
  await page.getByRole('link', { name: 'Forgot password?' }).click()
  await checkAccessibility(page, 'forgot password')
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByRole('button', { name: 'Send link' }).click()
  await expect(page.getByText(`If there is an account for ${person.email}`)).toBeVisible()
  await checkAccessibility(page, 'forgot password, sent')

  const path = await readResetPath(person.email)
  await page.goto(path)
  await expect(page).toHaveURL(/\/reset-password$/)
  await checkAccessibility(page, 'reset password')
  watch.allow(/403|422/)
  await page.getByLabel('New password').fill('password1234')
  await page.getByRole('button', { name: 'Set password' }).click()
  await expect(page.getByLabel('New password')).toHaveAttribute('aria-invalid', 'true')
  await checkAccessibility(page, 'reset password, weak')
  await page.getByLabel('New password').fill(NEXT_PASSWORD)
  await page.getByRole('button', { name: 'Set password' }).click()
  await expect(page.getByText('Password changed. Sign in')).toBeVisible()
  await signIn(page, person.username, NEXT_PASSWORD)

  await page.goto(path)
  await page.getByLabel('New password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Set password' }).click()
  await expect(page.getByRole('heading', { name: 'Invalid link' })).toBeFocused()
  await checkAccessibility(page, 'reset password, used')
  watch.allow(undefined)
  watch.check()
})

test('sessions: listed, one signed out, the others by a new password, and all at once', async ({
  page,
  browser,
  baseURL,
}) => {
  const watch = watchConsole(page)
  const person = await join(page)
  const elsewhere = async () => {
    const other = await (await browser.newContext({ baseURL })).newPage()
    await other.goto('/sign-in')
    await signIn(other, person.username)
    return other
  }
  const other = await elsewhere()

  await openSettings(page, 'Security')
  const rows = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
  await expect(rows).toHaveCount(2)
  await expect(rows.first()).toContainText('This device')
  await expect(rows.first()).toContainText('Chrome on Linux')
  await rows
    .last()
    .getByRole('button', { name: /^Sign out/ })
    .click()
  await expect(rows).toHaveCount(1)
  await other.reload()
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await signIn(other, person.username)

  watch.allow(/403|422/)
  await page.getByRole('button', { name: 'Change password…' }).click()
  await checkAccessibility(page, 'change password')
  await dialog(page).getByLabel('Current password').fill('not this one')
  await dialog(page).getByLabel('New password').fill(NEXT_PASSWORD)
  await dialog(page).getByRole('button', { name: 'Change password' }).click()
  await expect(dialog(page).getByText('The password is wrong')).toBeVisible()
  await checkAccessibility(page, 'change password, wrong')
  await dialog(page).getByLabel('Current password').fill(PASSWORD)
  await dialog(page).getByRole('button', { name: 'Change password' }).click()
  await expect(dialog(page)).toBeHidden()
  watch.allow(undefined)
  await other.reload()
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.reload()
  await expect(rows).toHaveCount(1)

  await page.getByRole('button', { name: 'Sign out everywhere…' }).click()
  await checkAccessibility(page, 'sign out everywhere')
  await dialog(page).getByRole('button', { name: 'Sign out everywhere' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await signIn(page, person.username, NEXT_PASSWORD)
  watch.check()
})

test('an API key is shown once, works, and is rejected after it is revoked', async ({ page, playwright, baseURL }) => {
  const watch = watchConsole(page)
  await join(page)
  await openSettings(page, 'API keys')
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible()
  await checkAccessibility(page, 'API keys, empty')
  await page.getByRole('button', { name: 'New key…' }).click()
  await checkAccessibility(page, 'new API key')
  await dialog(page).getByLabel('Name').fill('Journey')
  await dialog(page).getByLabel('Access').selectOption('Read only')
  await dialog(page).getByRole('button', { name: 'Create key' }).click()
  await expect(dialog(page).getByRole('heading', { name: 'Your new API key' })).toBeVisible()
  await checkAccessibility(page, 'new API key, shown')
  const key = (await dialog(page).getByRole('list', { name: 'API key' }).textContent())!.trim()
  expect(key).toMatch(/^sat_/)
  await dialog(page).getByRole('button', { name: 'Done' }).click()
  await checkAccessibility(page, 'API keys')

  const program = await playwright.request.newContext({ baseURL, extraHTTPHeaders: { Authorization: `Bearer ${key}` } })
  expect((await program.get('/api/v1/notes')).status()).toBe(200)
  expect((await program.post('/api/v1/notes', { data: { title: 'no' } })).status()).toBe(403)
  await page.reload()
  await expect(page.getByText(key)).toHaveCount(0)
  await page.getByRole('button', { name: 'Revoke Journey' }).click()
  await checkAccessibility(page, 'revoke API key')
  await dialog(page).getByRole('button', { name: 'Revoke' }).click()
  await expect(page.getByRole('heading', { name: 'No API keys yet' })).toBeVisible()
  expect((await program.get('/api/v1/notes')).status()).toBe(401)
  await program.dispose()
  watch.check()
})

test('profile: name, time zone and e-mail are changed; signing in cancels the deletion of the account', async ({
  page,
}) => {
  const watch = watchConsole(page)
  const person = await join(page)
  await openSettings(page, 'Profile')
  await checkAccessibility(page, 'profile')
  await page.getByLabel('Display name').fill('Mira Holm')
  await page.getByLabel('Time zone').fill('lisbon')
  await checkAccessibility(page, 'time zone list')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Time zone')).toHaveValue('Europe/Lisbon')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Profile saved')).toBeVisible()
  await page.reload()
  await expect(page.getByLabel('Time zone')).toHaveValue('Europe/Lisbon')
  await expect(page.getByRole('button', { name: 'Account: Mira Holm' })).toBeVisible()

  const next = `new.${person.email}`
  await page.getByRole('button', { name: 'Change e-mail…' }).click()
  await checkAccessibility(page, 'change e-mail')
  await dialog(page).getByLabel('New e-mail').fill(next)
  await dialog(page).getByLabel('Your password').fill(PASSWORD)
  await dialog(page).getByRole('button', { name: 'Send code' }).click()
  await expect(dialog(page).getByLabel('Six-digit code')).toBeFocused()
  await checkAccessibility(page, 'change e-mail, code')
  await dialog(page)
    .getByLabel('Six-digit code')
    .fill(await readCode(next))
  await expect(dialog(page)).toBeHidden()
  await expect(page.getByRole('definition').filter({ hasText: next })).toBeVisible()

  await page.getByRole('button', { name: 'Delete account…' }).click()
  await checkAccessibility(page, 'delete account')
  await dialog(page).getByLabel(/^Type/).fill(person.username)
  await dialog(page).getByLabel('Your password').fill(PASSWORD)
  await dialog(page).getByRole('button', { name: 'Delete account' }).click()
  await expect(page.getByText('Your account will be deleted in 14 days')).toBeVisible()
  await checkAccessibility(page, 'sign-in after deleting the account')
  await signIn(page, next)
  watch.check()
})
