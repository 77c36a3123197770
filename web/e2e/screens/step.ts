// Steps that lead to a screen, and the mock server they run against.
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { startMock, type MockState } from '../mock/server'

export type Step = (page: Page, wide: boolean) => Promise<unknown>
export type Screens = Record<string, Step>

let url = ''
export let state: MockState
export let stopServer = async () => {}

export async function startServer() {
  const mock = await startMock(fileURLToPath(new URL('../../dist', import.meta.url)), 0)
  url = mock.url
  state = mock.state
  stopServer = mock.stop
}

async function waitUntilIdle(page: Page) {
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(120)
}

export const goto =
  (path: string, then?: Step): Step =>
  async (page, wide) => {
    await page.goto(`${url}${path}`)
    await waitUntilIdle(page)
    await then?.(page, wide)
    await waitUntilIdle(page)
  }

export const openDialog = (path: string, button: string | RegExp, then?: Step): Step =>
  goto(path, async (page, wide) => {
    await page.getByRole('button', { name: button }).first().click()
    await page.getByRole('dialog').waitFor()
    await then?.(page, wide)
  })

/** The id of the note that is opened. */
export const FIRST = '0190f3a0-0000-7000-8000-000000000010'

export const FILE = (number: number) => `0190f3a0-0000-7000-8000-00000000f${String(number).padStart(3, '0')}`
