// The page with the API documentation works under the Content-Security-Policy.
import { expect, test } from '@playwright/test'
import { watchConsole } from './watch'

test('the API documentation opens without policy violations', async ({ page }) => {
  const watch = watchConsole(page)
  await page.goto('/api/docs')
  await expect(page.getByText('/api/v1/notes', { exact: true }).first()).toBeVisible()
  await page.getByText('/api/v1/notes', { exact: true }).first().click()
  await expect(page.getByText('Parameters', { exact: true }).first()).toBeVisible()
  watch.check()
})
