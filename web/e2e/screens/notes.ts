// Screens of an open note: editor, files, conflict and history.
import type { Page } from '@playwright/test'
import { addRevision } from '../mock/history'
import { FILE, FIRST, goto, state, type Screens, type Step } from './step'

/** Another device saves the open note. */
function saveElsewhere(change: (body: string) => string) {
  const note = state.notes.get(FIRST)!
  const saved = { ...note, version: 6, body: change(note.body), updated_at: new Date().toISOString() }
  state.notes.set(FIRST, saved)
  addRevision(state.histories, saved, 'edit')
}

const conflict: Step = async (page) => {
  saveElsewhere((body) =>
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

async function openHistory(page: Page) {
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'History' }).click()
  await page.getByRole('dialog', { name: 'History' }).waitFor()
}

/** The first note has some files. */
const withFiles =
  (then?: Step): Step =>
  async (page, wide) => {
    const attachments = [0, 1, 2, 5].map((number) => {
      const { id, name, mime, size_bytes } = state.fileData.files.get(FILE(number))!
      return { id, name, mime, size_bytes }
    })
    state.notes.set(FIRST, { ...state.notes.get(FIRST)!, attachments })
    await goto(`/notes/${FIRST}`, then)(page, wide)
  }

export const NOTES: Screens = {
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
    state.fileData.stall = true
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
    saveElsewhere((body) => body.replace('Monday evening', 'Tuesday morning'))
    await page.getByLabel('Title').pressSequentially('!')
    await page.getByTestId('save-state').getByText('Merged').waitFor()
  }),
  'note-conflict': goto(`/notes/${FIRST}`, conflict),
  'note-conflict-theirs': goto(`/notes/${FIRST}`, async (page, wide) => {
    await conflict(page, wide)
    if (!wide) await page.getByRole('radio', { name: 'Theirs' }).click()
  }),
  'note-history': goto(`/notes/${FIRST}`, (page) => openHistory(page)),
  'note-history-version': goto(`/notes/${FIRST}`, async (page) => {
    await openHistory(page)
    await page.getByRole('button', { name: /Rejected/ }).click()
  }),
  'note-history-restored': goto(`/notes/${FIRST}`, async (page, wide) => {
    await openHistory(page)
    if (!wide) await page.getByRole('button', { name: /Merged/ }).click()
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('Restored the version').waitFor()
  }),
  'note-history-failed': goto(`/notes/${FIRST}`, async (page) => {
    await page.route('**/revisions?**', (route) => route.fulfill({ status: 503, body: '{}' }))
    await openHistory(page)
  }),
  'note-history-loading': goto(`/notes/${FIRST}`, async (page) => {
    await page.route('**/revisions?**', () => {})
    await openHistory(page)
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
    await page.getByText('Sign in again').waitFor()
  }),
  'toast-undo': goto(`/notes/${FIRST}`, async (page) => {
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: /trash/ }).click()
  }),
}
