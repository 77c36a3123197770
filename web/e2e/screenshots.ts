// Takes a screenshot of every screen: wide and narrow, light and dark. SATCHEL_SCREENS=settings,files takes only those
// with one of these words in their name.
import { fileURLToPath } from 'node:url'
import { test } from '@playwright/test'
import { exampleKeys, USER } from './mock/account'
import { exampleCollections } from './mock/collections'
import { exampleFiles } from './mock/files'
import { exampleHistory } from './mock/history'
import { exampleNotes } from './mock/notes'
import { exampleTasks } from './mock/tasks'
import { ACCOUNT } from './screens/account'
import { FILES } from './screens/files'
import { NOTE_LISTS } from './screens/noteLists'
import { NOTES } from './screens/notes'
import { SIGN_IN } from './screens/signIn'
import { startServer, state, stopServer } from './screens/step'
import { TASKS } from './screens/tasks'

const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const
const ONLY = (process.env.SATCHEL_SCREENS ?? '').split(',')
const SIGNED_IN = { ...NOTE_LISTS, ...NOTES, ...FILES, ...ACCOUNT, ...TASKS }
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

test.beforeAll(startServer)
test.afterAll(() => stopServer())

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const scheme of ['light', 'dark'] as const) {
    const wide = size === 'wide'
    test(`${size} ${scheme}`, async ({ browser }) => {
      for (const [name, step] of Object.entries({ ...SIGN_IN, ...SIGNED_IN })) {
        if (!ONLY.some((part) => name.includes(part))) continue
        const context = await browser.newContext({
          viewport,
          colorScheme: scheme,
          reducedMotion: 'reduce',
          hasTouch: !wide,
          isMobile: !wide,
        })
        const page = await context.newPage()
        page.on(
          'console',
          (message) =>
            message.type() === 'error' &&
            !/status of (401|403|409|412|422|503)/.test(message.text()) &&
            console.log(name, message.text()),
        )
        page.on('pageerror', (error) => console.log(name, String(error)))
        state.expired = false
        state.failSaves = 0
        state.signedIn = name in SIGNED_IN
        state.user = { ...USER }
        state.keys = exampleKeys()
        state.notes = new Map(exampleNotes(new Date()).map((note) => [note.id, note]))
        state.collections = exampleCollections(state.notes)
        state.fileData = exampleFiles()
        state.taskData = exampleTasks()
        state.histories = exampleHistory(state.notes.values())
        if (state.signedIn) await page.addInitScript(() => localStorage.setItem('satchel.signed-in', '1'))
        await step(page, wide)
        await page.screenshot({ path: here(`../screenshots/${name}-${size}-${scheme}.png`) })
        await context.close()
      }
    })
  }
}
