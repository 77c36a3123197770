// Owns the page that shows the API's document: it must work under the same policy. Refuses to check
// the document's content.
import { expect, test } from '@playwright/test'
import { watchConsole } from './watch'

test('the API documentation opens without breaking the policy', async ({ page }) => {
  const watch = watchConsole(page)
  await page.goto('/api/docs')
  await expect(page.getByText('/api/v1/notes', { exact: true }).first()).toBeVisible()
  await page.getByText('/api/v1/notes', { exact: true }).first().click()
  await expect(page.getByText('Parameters', { exact: true }).first()).toBeVisible()
  watch.check()
})
