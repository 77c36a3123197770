// Configuration of the end-to-end tests, which need a running server.
import { defineConfig } from '@playwright/test'
import { browserUse } from './browser'

export default defineConfig({
  testDir: '.',
  testMatch: /\.spec\.ts$/,
  outputDir: './.results',
  workers: 1,
  timeout: 90_000,
  retries: 0,
  reporter: [['list']],
  use: { ...browserUse, baseURL: process.env.SATCHEL_E2E_URL ?? 'http://127.0.0.1:8080', trace: 'retain-on-failure' },
})
