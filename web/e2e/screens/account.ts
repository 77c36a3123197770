// Screens of the account menu and the settings.
import { USER } from '../mock/account'
import { goto, openDialog, state, type Screens, type Step } from './step'

const setUpApp: Step = async (page) => {
  await page.getByLabel('Your password').fill('eleven green lanterns')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('img', { name: /QR code/ }).waitFor()
}

export const ACCOUNT: Screens = {
  'account-menu': goto('/notes', (page) => page.getByRole('button', { name: /^Account/ }).click()),
  'settings-profile': goto('/settings/profile'),
  'settings-time-zone': goto('/settings/profile', async (page) => {
    await page.getByLabel('Time zone').click()
    await page.keyboard.type('new')
  }),
  'settings-email': openDialog('/settings/profile', 'Change e-mail…'),
  'settings-delete': openDialog('/settings/profile', 'Delete account…', async (page) => {
    await page.getByLabel('Your password').fill('wrong')
    await page.getByRole('button', { name: 'Delete account', exact: true }).click()
  }),
  'settings-security': goto('/settings/security'),
  'settings-password': openDialog('/settings/security', 'Change password…', async (page) => {
    await page.getByLabel('Current password').fill('wrong')
    await page.getByLabel('New password').fill('eleven green lanterns')
    await page.getByRole('button', { name: 'Change password', exact: true }).click()
  }),
  'settings-two-factor-app': openDialog('/settings/security', 'Enable…', setUpApp),
  'settings-two-factor-codes': openDialog('/settings/security', 'Enable…', async (page, wide) => {
    await setUpApp(page, wide)
    await page.getByLabel('Six-digit code').pressSequentially('123456')
    await page.getByRole('button', { name: 'Download' }).waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
  }),
  'settings-two-factor-off': async (page, wide) => {
    state.user = { ...USER, totp_enabled: true }
    await openDialog('/settings/security', 'Disable…')(page, wide)
  },
  'settings-sign-out-everywhere': openDialog('/settings/security', /Sign out everywhere/),
  'settings-api-keys': goto('/settings/api-keys'),
  'settings-api-keys-empty': async (page, wide) => {
    state.keys = []
    await goto('/settings/api-keys')(page, wide)
  },
  'settings-api-key-new': openDialog('/settings/api-keys', 'New key…'),
  'settings-api-key-shown': openDialog('/settings/api-keys', 'New key…', async (page) => {
    await page.getByLabel('Name').fill('Backup at home')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('button', { name: 'Copy' }).click()
  }),
  shortcuts: goto('/notes', (page) => page.keyboard.press('?')),
  'not-found': goto('/nowhere'),
}
