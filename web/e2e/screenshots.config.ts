// Configuration of the screenshots, which are taken of the build in dist with the mock server.
import { defineConfig } from '@playwright/test'
import { browserUse } from './browser'

export default defineConfig({
  testDir: '.',
  testMatch: /screenshots\.ts/,
  outputDir: './.results',
  workers: 1,
  timeout: 300_000,
  reporter: [['list']],
  use: { ...browserUse },
})
