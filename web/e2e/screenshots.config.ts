// Owns how the pictures of every screen are taken: from the built page and the server in memory.
// Refuses to judge them: eyes do.
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
