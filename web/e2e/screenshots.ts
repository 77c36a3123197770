// Owns the pictures of every screen: wide and narrow, light and dark. Refuses assertions.
import { fileURLToPath } from 'node:url'
import { test, type Page } from '@playwright/test'
import { exampleHistory, addRevision } from './mock/history'
import { exampleFiles } from './mock/files'
import { exampleNotes } from './mock/notes'
import { exampleKeys, USER } from './mock/account'
import { NOTEBOOKS, exampleCollections } from './mock/collections'
import { startMock, type MockState } from './mock/server'
import { exampleTasks, LISTS, VIEW, WARDROBE } from './mock/tasks'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const
/** SATCHEL_SCREENS=settings takes only the screens with that in their name. */
const ONLY = process.env.SATCHEL_SCREENS ?? ''
const FIRST = '0190f3a0-0000-7000-8000-000000000010'

let url = ''
let state: MockState
let stop = async () => {}

test.beforeAll(async () => {
  const mock = await startMock(here('../dist'), 0)
  url = mock.url
  state = mock.state
  stop = mock.stop
})
test.afterAll(() => stop())

type Step = (page: Page, wide: boolean) => Promise<unknown>

async function settle(page: Page) {
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(120)
}

const goto =
  (path: string, then?: Step): Step =>
  async (page, wide) => {
    await page.goto(`${url}${path}`)
    await settle(page)
    await then?.(page, wide)
    await settle(page)
  }

const OUTSIDE: Record<string, Step> = {
  'sign-in': goto('/sign-in'),
  'sign-in-wrong': goto('/sign-in', async (page) => {
    await page.getByLabel('User name or e-mail').fill('mira')
    await page.getByLabel('Password', { exact: true }).fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
  }),
  'sign-up': goto('/sign-up', async (page) => {
    await page.getByLabel('User name').fill('taken')
    await page.getByLabel('E-mail').fill('mira@example.org')
    await page.getByLabel('Password', { exact: true }).fill('correct horse')
    await page.getByRole('button', { name: 'Create account' }).click()
  }),
  'verify-email': goto('/sign-up', async (page) => {
    await page.getByLabel('User name').fill('mira')
    await page.getByLabel('E-mail').fill('mira@example.org')
    await page.getByLabel('Password', { exact: true }).fill('correct horse')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByLabel('Six-digit code').pressSequentially('123')
  }),
  'sign-in-code': goto('/sign-in', async (page) => {
    await enterTwoStep(page)
    await page.getByLabel('Six-digit code').pressSequentially('000000')
    await page.getByText('This code is not right').waitFor()
  }),
  'sign-in-recovery': goto('/sign-in', async (page) => {
    await enterTwoStep(page)
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
  }),
  'forgot-password': goto('/forgot-password'),
  'forgot-password-sent': goto('/forgot-password', async (page) => {
    await page.getByLabel('E-mail').fill('mira@example.org')
    await page.getByRole('button', { name: 'Send the link' }).click()
  }),
  'reset-password': goto('/reset-password#token=good', (page) =>
    page.getByLabel('New password', { exact: true }).fill('eleven green'),
  ),
  'reset-password-spent': goto('/reset-password#token=spent', async (page) => {
    await page.getByLabel('New password', { exact: true }).fill('eleven green lanterns')
    await page.getByRole('button', { name: 'Set password' }).click()
  }),
}

async function enterTwoStep(page: Page) {
  await page.getByLabel('User name or e-mail').fill('two-step')
  await page.getByLabel('Password', { exact: true }).fill('eleven green lanterns')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
}

const openDialog = (path: string, button: string | RegExp, then?: Step): Step =>
  goto(path, async (page, wide) => {
    await page.getByRole('button', { name: button }).first().click()
    await page.getByRole('dialog').waitFor()
    await then?.(page, wide)
  })

const setUpApp: Step = async (page) => {
  await page.getByLabel('Your password').fill('eleven green lanterns')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('img', { name: /QR code/ }).waitFor()
}

/** Another device saves the first note meanwhile. */
function elsewhere(change: (body: string) => string) {
  const note = state.notes.get(FIRST)!
  const saved = { ...note, version: 6, body: change(note.body), updated_at: new Date().toISOString() }
  state.notes.set(FIRST, saved)
  addRevision(state.histories, saved, 'edit')
}

const conflict: Step = async (page) => {
  elsewhere((body) =>
    body
      .replace('Train on Friday at **16:05**', 'Bus on Thursday at **17:35**')
      .replace('Jon | 310.00', 'Jon | 290.00'),
  )
  const text = page.getByRole('textbox', { name: 'Note text' })
  await text.getByText('A long weekend').click()
  await page.keyboard.press('Control+Home')
  for (let word = 0; word < 8; word += 1) await page.keyboard.press('Control+ArrowRight')
  await page.keyboard.press('Shift+End')
  await page.keyboard.insertText('Friday at 15:20 from the south station, Jon has the tickets.')
  await page.getByTestId('save-state').getByText('Conflict').waitFor()
}

async function history(page: Page) {
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'History' }).click()
  await page.getByRole('dialog', { name: 'History' }).waitFor()
}

const FILE = (number: number) => `0190f3a0-0000-7000-8000-00000000f${String(number).padStart(3, '0')}`

const chooseFiles = (page: Page, names: string[], size: number) =>
  page
    .getByTestId('chooser')
    .setInputFiles(names.map((name) => ({ name, mimeType: 'text/plain', buffer: Buffer.alloc(size, 'x') })))

/** The first note has some files. */
const withFiles =
  (then?: Step): Step =>
  async (page, wide) => {
    const attachments = [0, 1, 2, 5].map((number) => {
      const { id, name, mime, size_bytes } = state.filing.files.get(FILE(number))!
      return { id, name, mime, size_bytes }
    })
    state.notes.set(FIRST, { ...state.notes.get(FIRST)!, attachments })
    await goto(`/notes/${FIRST}`, then)(page, wide)
  }

const dragOver: Step = async (page) => {
  const files = await page.evaluateHandle(() => {
    const transfer = new DataTransfer()
    transfer.items.add(new File(['x'], 'x.txt'))
    return transfer
  })
  await page.locator('.files').dispatchEvent('dragenter', { dataTransfer: files })
}

const rail: Step = async (page, wide) => {
  if (!wide) await page.getByRole('button', { name: 'Notebooks and tags' }).click()
}

const INSIDE: Record<string, Step> = {
  notes: goto('/notes'),
  'notes-search': goto('/notes?q=the'),
  'notes-nothing-found': goto('/notes?q=xylophone'),
  'notes-empty': async (page, wide) => {
    state.notes.clear()
    await goto('/notes')(page, wide)
  },
  notebook: goto(`/notes?notebook=${NOTEBOOKS.home}`),
  'notebook-empty': goto(`/notes?notebook=${NOTEBOOKS.empty}`),
  'notebook-missing': goto('/notes?notebook=0190f3a0-0000-7000-8000-00000000dead'),
  'notebook-menu': goto(`/notes?notebook=${NOTEBOOKS.home}`, (page) =>
    page.getByRole('region', { name: 'Home' }).getByRole('button', { name: 'Actions for Home' }).click(),
  ),
  'notebook-new': goto('/notes', async (page, wide) => {
    await rail(page, wide)
    await page.getByRole('button', { name: 'New notebook' }).click()
    await page.getByLabel('Name').fill('Recipes')
  }),
  'notebook-delete': goto(`/notes?notebook=${NOTEBOOKS.kitchen}`, async (page) => {
    await page.getByRole('region', { name: 'Kitchen' }).getByRole('button', { name: 'Actions for Kitchen' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
  }),
  'notebook-move': goto(`/notes?notebook=${NOTEBOOKS.kitchen}`, async (page) => {
    await page.getByRole('region', { name: 'Kitchen' }).getByRole('button', { name: 'Actions for Kitchen' }).click()
    await page.getByRole('menuitem', { name: 'Move' }).click()
  }),
  'rail-drawer': goto('/notes', rail),
  tag: goto('/notes?tag=family'),
  tags: goto('/notes', async (page, wide) => {
    await rail(page, wide)
    await page.getByRole('button', { name: 'Manage tags' }).click()
  }),
  'tags-rename': goto('/notes', async (page, wide) => {
    await rail(page, wide)
    await page.getByRole('button', { name: 'Manage tags' }).click()
    await page.getByRole('button', { name: 'Actions for family' }).click()
    await page.getByRole('menuitem', { name: 'Merge into another' }).click()
  }),
  'note-move': goto(`/notes/${FIRST}`, (page) => page.getByRole('button', { name: /^Notebook: / }).click()),
  'note-tag': goto(`/notes/${FIRST}`, async (page) => {
    await page.getByRole('combobox', { name: 'Add a tag' }).click()
    await page.keyboard.type('b')
  }),
  select: goto(`/notes/${FIRST}`, async (page, wide) => {
    if (!wide) await page.getByRole('button', { name: 'Back to the list' }).click()
    await page.getByRole('button', { name: 'Select notes' }).click()
    for (const box of (await page.getByRole('checkbox').all()).slice(1, 4)) await box.click()
  }),
  'select-undo': goto('/notes', async (page) => {
    await page.getByRole('button', { name: 'Select notes' }).click()
    for (const box of (await page.getByRole('checkbox').all()).slice(1, 4)) await box.click()
    await page.getByRole('button', { name: 'Archive', exact: true }).click()
    await page.getByText('Archived 3 notes').waitFor()
  }),
  'select-tag': goto('/notes', async (page) => {
    await page.getByRole('button', { name: 'Select notes' }).click()
    for (const box of (await page.getByRole('checkbox').all()).slice(1, 4)) await box.click()
    await page.getByRole('button', { name: 'Add tags' }).click()
  }),
  note: goto(`/notes/${FIRST}`),
  'note-preview': goto(`/notes/${FIRST}`, (page, wide) =>
    page.getByRole(wide ? 'radio' : 'button', { name: 'Preview' }).click(),
  ),
  'note-split': goto(`/notes/${FIRST}`, async (page, wide) => {
    if (wide) await page.getByRole('radio', { name: 'Split' }).click()
  }),
  'note-menu': goto(`/notes/${FIRST}`, (page) => page.getByRole('button', { name: 'More actions' }).click()),
  'note-files': withFiles(),
  'note-files-attach': withFiles((page) => page.getByRole('button', { name: 'Attach', exact: true }).click()),
  'note-files-pick': withFiles(async (page) => {
    await page.getByRole('button', { name: 'Attach', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Choose from Files' }).click()
    await page.getByRole('option').first().waitFor()
  }),
  'note-files-coming': withFiles(async (page) => {
    state.filing.stall = true
    await page
      .getByTestId('attach-chooser')
      .setInputFiles([{ name: 'Holiday film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(3_000_000, 'x') }])
    await page.waitForTimeout(500)
  }),
  'note-files-preview': withFiles((page) =>
    page
      .getByRole('region', { name: 'Attached files' })
      .getByRole('button', { name: /^Ferry/ })
      .click(),
  ),
  'note-new': goto('/notes/new'),
  'note-not-saved': goto(`/notes/${FIRST}`, async (page) => {
    state.failSaves = 9
    await page.getByLabel('Title').pressSequentially('!')
    await page.waitForTimeout(1000)
  }),
  'note-offline': goto(`/notes/${FIRST}`, async (page) => {
    await page.context().setOffline(true)
    await page.getByLabel('Title').pressSequentially('!')
    await page.getByTestId('save-state').getByText('Offline').waitFor()
  }),
  'note-merged': goto(`/notes/${FIRST}`, async (page) => {
    elsewhere((body) => body.replace('Monday evening', 'Tuesday morning'))
    await page.getByLabel('Title').pressSequentially('!')
    await page.getByTestId('save-state').getByText('Merged').waitFor()
  }),
  'note-conflict': goto(`/notes/${FIRST}`, conflict),
  'note-conflict-theirs': goto(`/notes/${FIRST}`, async (page, wide) => {
    await conflict(page, wide)
    if (!wide) await page.getByRole('radio', { name: 'Theirs' }).click()
  }),
  'note-history': goto(`/notes/${FIRST}`, (page) => history(page)),
  'note-history-version': goto(`/notes/${FIRST}`, async (page) => {
    await history(page)
    await page.getByRole('button', { name: /Rejected/ }).click()
  }),
  'note-history-restored': goto(`/notes/${FIRST}`, async (page, wide) => {
    await history(page)
    if (!wide) await page.getByRole('button', { name: /Merged/ }).click()
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('Restored the version').waitFor()
  }),
  'note-history-failed': goto(`/notes/${FIRST}`, async (page) => {
    await page.route('**/revisions?**', (route) => route.fulfill({ status: 503, body: '{}' }))
    await history(page)
  }),
  'note-history-loading': goto(`/notes/${FIRST}`, async (page) => {
    await page.route('**/revisions?**', () => {})
    await history(page)
  }),
  'note-sign-out': goto(`/notes/${FIRST}`, async (page, wide) => {
    state.failSaves = 9
    await page.getByLabel('Title').pressSequentially('!')
    await page.getByTestId('save-state').getByText('Not saved yet').waitFor()
    if (!wide) await page.getByRole('button', { name: 'Back to the list' }).click()
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
  }),
  'note-signed-out': goto(`/notes/${FIRST}`, async (page) => {
    state.expired = true
    await page.getByLabel('Title').pressSequentially('!')
    await page.getByText('Please sign in again').waitFor()
  }),
  'toast-undo': goto(`/notes/${FIRST}`, async (page) => {
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: /trash/ }).click()
  }),
  files: goto('/files'),
  'files-table': goto('/files', (page) => page.getByRole('button', { name: 'Show as a table' }).click()),
  'files-type': goto('/files?type=image'),
  'files-empty': async (page, wide) => {
    state.filing.files.clear()
    state.filing.storage.used_bytes = 0
    await goto('/files')(page, wide)
  },
  'files-nothing-found': goto('/files?q=xylophone'),
  'files-select': goto('/files', async (page) => {
    await page.getByRole('button', { name: 'Select files' }).click()
    for (const box of (await page.getByRole('checkbox').all()).slice(0, 3)) await box.click()
  }),
  'files-select-table': goto('/files', async (page) => {
    await page.getByRole('button', { name: 'Show as a table' }).click()
    await page.getByRole('button', { name: 'Select files' }).click()
    for (const box of (await page.getByRole('checkbox').all()).slice(0, 3)) await box.click()
  }),
  'files-menu': goto('/files', (page) => page.getByRole('button', { name: 'Actions for Ferry.png' }).click()),
  'files-rename': goto('/files', async (page) => {
    await page.getByRole('button', { name: 'Actions for Ferry.png' }).click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
  }),
  'files-trash': async (page, wide) => {
    for (const file of [...state.filing.files.values()].slice(0, 3))
      state.filing.files.set(file.id, {
        ...file,
        deleted_at: file.updated_at,
        purge_at: new Date(Date.now() + 20 * 86_400_000).toISOString(),
      })
    await goto('/files?in=trash')(page, wide)
  },
  'files-nearly-full': async (page, wide) => {
    state.filing.storage.used_bytes = 9_310_000_000
    await goto('/files')(page, wide)
  },
  'files-preview-image': goto(`/files/${FILE(0)}`),
  'files-preview-text': goto(`/files/${FILE(4)}`),
  'files-preview-none': goto(`/files/${FILE(8)}`),
  'files-preview-plain': goto(`/files/${FILE(2)}`, (page) =>
    page.getByRole('button', { name: 'Facts about the file' }).click(),
  ),
  'files-drop': goto('/files', dragOver),
  'files-uploads': goto('/files', async (page) => {
    await chooseFiles(page, ['Notes of May.txt', 'Map.txt'], 40_000)
    await page.getByText('2 files uploaded').waitFor()
    state.filing.stall = true
    await chooseFiles(page, ['Holiday film.mp4', 'Slides.pdf', 'Scan 1.pdf', 'Scan 2.pdf'], 3_000_000)
    await page.waitForTimeout(700)
    await page.getByRole('button', { name: 'Pause Slides.pdf' }).click()
  }),
  'files-quota': async (page, wide) => {
    state.filing.storage.used_bytes = 9_999_990_000
    await goto('/files', async (page) => {
      await chooseFiles(page, ['Holiday film.mp4'], 3_000_000)
      await page.getByText('No room').waitFor()
    })(page, wide)
  },
  archive: goto('/archive'),
  trash: async (page, wide) => {
    for (const note of [...state.notes.values()].slice(3, 6))
      state.notes.set(note.id, {
        ...note,
        deleted_at: note.updated_at,
        purge_at: new Date(Date.parse(note.updated_at) + 30 * 86_400_000).toISOString(),
      })
    await goto(`/trash/${[...state.notes.keys()][3]}`)(page, wide)
  },
  'account-menu': goto('/notes', (page) => page.getByRole('button', { name: /^Account/ }).click()),
  'settings-profile': goto('/settings/profile'),
  'settings-time-zone': goto('/settings/profile', async (page) => {
    await page.getByLabel('Time zone').click()
    await page.keyboard.type('new')
  }),
  'settings-email': openDialog('/settings/profile', 'Change e-mail…'),
  'settings-delete': openDialog('/settings/profile', 'Delete account…', async (page) => {
    await page.getByLabel('Your password').fill('wrong')
    await page.getByRole('button', { name: 'Delete account', exact: true }).click()
  }),
  'settings-security': goto('/settings/security'),
  'settings-password': openDialog('/settings/security', 'Change password…', async (page) => {
    await page.getByLabel('Current password').fill('wrong')
    await page.getByLabel('New password').fill('eleven green lanterns')
    await page.getByRole('button', { name: 'Change password', exact: true }).click()
  }),
  'settings-two-step-app': openDialog('/settings/security', 'Set up…', setUpApp),
  'settings-two-step-codes': openDialog('/settings/security', 'Set up…', async (page, wide) => {
    await setUpApp(page, wide)
    await page.getByLabel('Six-digit code').pressSequentially('123456')
    await page.getByRole('button', { name: 'Download' }).waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
  }),
  'settings-two-step-off': async (page, wide) => {
    state.user = { ...USER, totp_enabled: true }
    await openDialog('/settings/security', 'Switch off…')(page, wide)
  },
  'settings-sign-out-everywhere': openDialog('/settings/security', /Sign out everywhere/),
  'settings-api-keys': goto('/settings/api-keys'),
  'settings-api-keys-empty': async (page, wide) => {
    state.keys = []
    await goto('/settings/api-keys')(page, wide)
  },
  'settings-api-key-new': openDialog('/settings/api-keys', 'New key…'),
  'settings-api-key-shown': openDialog('/settings/api-keys', 'New key…', async (page) => {
    await page.getByLabel('Name').fill('Backup at home')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('button', { name: 'Copy' }).click()
  }),
  tasks: goto('/tasks'),
  'tasks-empty': async (page, wide) => {
    state.planned.tasks.clear()
    await goto('/tasks')(page, wide)
  },
  'tasks-today': goto('/tasks/today'),
  'tasks-upcoming': goto('/tasks/upcoming'),
  'tasks-done': goto('/tasks/done'),
  'tasks-list': goto(`/tasks/list/${LISTS.flat}`),
  'tasks-list-empty': goto(`/tasks/list/${LISTS.empty}`),
  'tasks-view': goto(`/tasks/view/${VIEW}`),
  'tasks-filters': goto('/tasks?tag=home&priority=2'),
  'tasks-filter-menu': goto('/tasks', (page) => page.getByRole('button', { name: 'Filter' }).click()),
  'tasks-nothing-found': goto('/tasks?q=xylophone'),
  'tasks-quick-add': goto('/tasks', (page) =>
    page.getByLabel('Add a task', { exact: true }).fill('Pay rent tomorrow 5pm !2 #home +flat'),
  ),
  'tasks-quick-add-elsewhere': goto('/notes', async (page) => {
    await page.keyboard.press('t')
    await page.getByRole('dialog').getByRole('textbox').fill('Call Ana on Friday !3')
  }),
  'tasks-rail': goto('/tasks', async (page, wide) => {
    if (!wide) await page.getByRole('button', { name: 'Task lists' }).click()
  }),
  'tasks-select': goto('/tasks', async (page) => {
    await page.getByRole('button', { name: 'Select tasks' }).click()
    for (const box of (await page.getByRole('checkbox').all()).slice(1, 4)) await box.click()
  }),
  'tasks-select-due': goto('/tasks', async (page) => {
    await page.getByRole('button', { name: 'Select tasks' }).click()
    for (const box of (await page.getByRole('checkbox').all()).slice(1, 4)) await box.click()
    await page.getByRole('button', { name: 'Due date' }).click()
  }),
  'tasks-due': goto('/tasks', async (page) => {
    await page.getByRole('link', { name: /^Pay rent/ }).focus()
    await page.keyboard.press('d')
  }),
  'tasks-done-undo': goto('/tasks', async (page) => {
    await page.getByRole('checkbox', { name: 'Done: Pay rent' }).click()
    await page.getByText('Completed “Pay rent”').waitFor()
  }),
  'tasks-list-delete': goto(`/tasks/list/${LISTS.flat}`, async (page) => {
    await page.getByRole('main').getByRole('button', { name: 'Actions for Flat' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
  }),
  'tasks-board': goto(`/tasks/list/${LISTS.flat}?layout=board`),
  'tasks-board-lifted': goto('/tasks?layout=board', async (page) => {
    await page.getByRole('link', { name: /^Pay rent/ }).focus()
    await page.keyboard.press(' ')
    await page.keyboard.press('ArrowRight')
  }),
  task: goto(`/tasks?task=${WARDROBE}`),
  'task-menu': goto(`/tasks?task=${WARDROBE}`, (page) =>
    page.getByRole('complementary', { name: 'Open task' }).getByRole('button', { name: 'More actions' }).click(),
  ),
  'task-note-gone': async (page, wide) => {
    state.notes.delete(state.planned.tasks.get(WARDROBE)!.note_id!)
    await goto(`/tasks?task=${WARDROBE}`)(page, wide)
  },
  'task-link-note': goto(`/tasks?task=${WARDROBE}`, async (page) => {
    await page.getByRole('button', { name: 'Change…' }).click()
    await page.getByRole('option').first().waitFor()
  }),
  'task-missing': goto('/tasks?task=0190f3a0-0000-7000-8000-00000000dead'),
  'tasks-trash': async (page, wide) => {
    const task = state.planned.tasks.get(WARDROBE)!
    state.planned.tasks.set(WARDROBE, {
      ...task,
      deleted_at: task.updated_at,
      purge_at: new Date(Date.now() + 20 * 86_400_000).toISOString(),
    })
    await goto(`/tasks/trash?task=${WARDROBE}`)(page, wide)
  },
  shortcuts: goto('/notes', (page) => page.keyboard.press('?')),
  'not-found': goto('/nowhere'),
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const scheme of ['light', 'dark'] as const) {
    const wide = size === 'wide'
    test(`${size} ${scheme}`, async ({ browser }) => {
      for (const [name, step] of Object.entries({ ...OUTSIDE, ...INSIDE })) {
        if (!name.includes(ONLY)) continue
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
        state.signedIn = name in INSIDE
        state.user = { ...USER }
        state.keys = exampleKeys()
        state.notes = new Map(exampleNotes(new Date()).map((note) => [note.id, note]))
        state.collections = exampleCollections(state.notes)
        state.filing = exampleFiles()
        state.planned = exampleTasks()
        state.histories = exampleHistory(state.notes.values())
        if (state.signedIn) await page.addInitScript(() => localStorage.setItem('satchel.signed-in', '1'))
        await step(page, wide)
        await page.screenshot({ path: here(`../screenshots/${name}-${size}-${scheme}.png`) })
        await context.close()
      }
    })
  }
}
