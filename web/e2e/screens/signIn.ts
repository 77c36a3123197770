// Screens without a session.
import type { Page } from '@playwright/test'
import { goto, type Screens } from './step'

async function enterTwoFactor(page: Page) {
  await page.getByLabel('User name or e-mail').fill('two-factor')
  await page.getByLabel('Password', { exact: true }).fill('eleven green lanterns')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
}

export const SIGN_IN: Screens = {
  'sign-in': goto('/sign-in'),
  'sign-in-wrong': goto('/sign-in', async (page) => {
    await page.getByLabel('User name or e-mail').fill('mira')
    await page.getByLabel('Password', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
  }),
  'sign-up': goto('/sign-up', async (page) => {
    await page.getByLabel('User name').fill('taken')
    await page.getByLabel('E-mail').fill('mira@example.org')
    await page.getByLabel('Password', { exact: true }).fill('correct horse')
    await page.getByRole('button', { name: 'Create account' }).click()
  }),
  'verify-email': goto('/sign-up', async (page) => {
    await page.getByLabel('User name').fill('mira')
    await page.getByLabel('E-mail').fill('mira@example.org')
    await page.getByLabel('Password', { exact: true }).fill('correct horse')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByLabel('Six-digit code').pressSequentially('123')
  }),
  'sign-in-code': goto('/sign-in', async (page) => {
    await enterTwoFactor(page)
    await page.getByLabel('Six-digit code').pressSequentially('000000')
    await page.getByText('This code is wrong').waitFor()
  }),
  'sign-in-recovery': goto('/sign-in', async (page) => {
    await enterTwoFactor(page)
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
  }),
  'forgot-password': goto('/forgot-password'),
  'forgot-password-sent': goto('/forgot-password', async (page) => {
    await page.getByLabel('E-mail').fill('mira@example.org')
    await page.getByRole('button', { name: 'Send link' }).click()
  }),
  'reset-password': goto('/reset-password#token=good', (page) =>
    page.getByLabel('New password', { exact: true }).fill('eleven green'),
  ),
  'reset-password-spent': goto('/reset-password#token=spent', async (page) => {
    await page.getByLabel('New password', { exact: true }).fill('eleven green lanterns')
    await page.getByRole('button', { name: 'Set password' }).click()
  }),
}
