// The browser of the end-to-end tests: an installed Chromium.
import { existsSync } from 'node:fs'

const CHROMIUM = process.env.SATCHEL_E2E_CHROMIUM ?? '/usr/bin/chromium'

export const browserUse = {
  launchOptions: {
    ...(existsSync(CHROMIUM) ? { executablePath: CHROMIUM } : {}),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
}
