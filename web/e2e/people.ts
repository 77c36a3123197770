// Accounts of the end-to-end tests: registration, sign-in and sign-out.
import { expect, type Page } from '@playwright/test'
import { readCode } from './mail'

export const PHONE = { width: 390, height: 844 }
export const DESK = { width: 1280, height: 800 }
export const PASSWORD = 'eleven green lanterns'

export interface Person {
  username: string
  email: string
}

let counter = 0

export function newPerson(): Person {
  counter += 1
  const username = `e2e${Date.now().toString(36)}${counter}`
  return { username, email: `${username}@example.org` }
}

export async function signUp(page: Page, person: Person) {
  await page.goto('/sign-up')
  await page.getByLabel('User name').fill(person.username)
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByRole('heading', { name: 'Confirm your e-mail' })).toBeVisible()
}

export const atNotes = (page: Page) => expect(page.getByRole('heading', { name: 'Notes', exact: true })).toBeVisible()

export async function verify(page: Page, person: Person) {
  await page.getByLabel('Six-digit code').fill(await readCode(person.email))
  await atNotes(page)
}

/** Registers a new account and signs in. */
export async function join(page: Page): Promise<Person> {
  const person = newPerson()
  await signUp(page, person)
  await verify(page, person)
  return person
}

export async function givePassword(page: Page, login: string, password = PASSWORD) {
  await page.getByLabel('User name or e-mail').fill(login)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export async function signIn(page: Page, login: string, password = PASSWORD) {
  await givePassword(page, login, password)
  await atNotes(page)
}

export async function signOut(page: Page) {
  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
}
