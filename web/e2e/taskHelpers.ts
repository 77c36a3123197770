// Steps and locators for journeys with tasks.
import { expect, type Page } from '@playwright/test'
import { join, type Person } from './people'

export const rail = (page: Page) => page.getByRole('navigation', { name: 'Main' })
export const row = (page: Page, name: RegExp | string) => page.getByRole('main').getByRole('link', { name }).first()
export const add = (page: Page) => page.getByLabel('Add a task', { exact: true })
export const panel = (page: Page) => page.getByRole('complementary', { name: 'Open task' })
export const description = (page: Page) => panel(page).getByRole('textbox', { name: 'Description' })
export const undo = (page: Page) => page.getByRole('button', { name: 'Undo' }).last().click()

/** Signs up a new user and opens the tasks screen. */
export async function begin(page: Page): Promise<Person> {
  const person = await join(page)
  await page.getByRole('link', { name: 'Tasks', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Tasks', exact: true })).toBeVisible()
  return person
}

export async function quickAdd(page: Page, ...lines: string[]) {
  for (const line of lines) {
    await add(page).fill(line)
    await page.keyboard.press('Enter')
    await expect(add(page)).toHaveValue('')
  }
}
