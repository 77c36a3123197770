// Journeys with files: upload, preview, search, trash, resumed uploads, and attachments of notes.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { expect, test, type Locator, type Page } from '@playwright/test'
import {
  bigFile,
  card,
  choose,
  digest,
  drop,
  deleteStored,
  storedKeys,
  paste,
  picture,
  sound,
  textFile,
  throttle,
  uploaded,
  uploads,
} from './fileHelpers'
import { join, signOut } from './people'
import { checkAccessibility, watchConsole } from './watch'
import { saved, text, write } from './editor'

const PHONE = { width: 390, height: 844 }

async function begin(page: Page) {
  const person = await join(page)
  await page.keyboard.press('g')
  await page.keyboard.press('f')
  await expect(page.getByRole('heading', { name: 'Files', exact: true })).toBeVisible()
  return person
}

const dialog = (page: Page) => page.getByRole('dialog')

test('upload, drop, preview, rename, sort and search', async ({ page }) => {
  const watch = watchConsole(page)
  await begin(page)
  await expect(page.getByRole('heading', { name: 'No files yet' })).toBeVisible()
  await checkAccessibility(page, 'files, empty')

  // One after the other: parallel uploads finish in any order, and the newest file is first.
  await choose(page, picture('Harbour.png'))
  await uploaded(page, 'Harbour.png')
  await choose(page, textFile('Reading list.md', '# Books\n\n<b>The Summer Book</b>'))
  await uploaded(page, 'Reading list.md')
  await expect(card(page, 'Harbour.png').locator('img')).toBeVisible()
  await checkAccessibility(page, 'files, uploads done')
  await page.getByRole('button', { name: 'Close uploads' }).click()
  await expect(uploads(page)).toBeHidden()

  await drop(
    page,
    page.getByRole('region', { name: 'Files', exact: true }),
    textFile('dropped_note.txt', 'dropped here'),
  )
  await uploaded(page, 'dropped_note.txt')
  await expect(card(page, 'dropped_note.txt')).toBeVisible()
  await expect(page.getByRole('progressbar', { name: 'Storage' })).toHaveAttribute('aria-valuetext', /used/)

  await card(page, 'Reading list.md').click()
  await expect(dialog(page).getByText('<b>The Summer Book</b>')).toBeVisible()
  await expect(dialog(page).getByText('Not used in any note.')).toBeVisible()
  await checkAccessibility(page, 'preview, text')
  await page.keyboard.press('ArrowRight')
  await expect(dialog(page).getByRole('img', { name: 'Harbour.png' })).toBeVisible()
  await expect(page).toHaveURL(/\/files\/[0-9a-f-]{36}/)
  await checkAccessibility(page, 'preview, image')
  await page.reload()
  await expect(dialog(page).getByRole('img', { name: 'Harbour.png' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toBeHidden()
  await expect(card(page, 'Harbour.png')).toBeFocused()

  await page.keyboard.press('F2')
  await page.getByRole('textbox', { name: 'Name' }).fill('Harbour at seven.png')
  await page.keyboard.press('Enter')
  await expect(card(page, 'Harbour at seven.png')).toBeVisible()
  await page.keyboard.press('v')
  await expect(page.getByRole('table', { name: 'Files' })).toBeVisible()
  await checkAccessibility(page, 'files, table')
  await page.reload()
  await page.getByRole('table').getByRole('button', { name: 'Name' }).click()
  await expect(page.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'ascending')
  await expect(page.getByRole('row').nth(1)).toContainText('dropped_note.txt')

  await page.getByRole('textbox', { name: 'Search files' }).fill('seven')
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('textbox', { name: 'Search files' }).fill('')
  await page.getByRole('radio', { name: 'Images' }).click()
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('radio', { name: 'Archives' }).click()
  await expect(page.getByRole('heading', { name: 'No files found' })).toBeVisible()
  watch.check()
})

test('an upload resumes after a reload, and no other tab continues it', async ({ page, context }) => {
  // The connection is throttled.
  test.slow()
  const watch = watchConsole(page)
  await begin(page)
  const film = bigFile('film.bin', 12 * 1024 * 1024)
  await throttle(page, 3_000_000)
  await choose(page, film)
  const row = uploads(page).getByRole('listitem').filter({ hasText: 'film.bin' })
  const percent = async (of: Locator) => Number(await of.getByRole('progressbar').getAttribute('aria-valuenow'))
  // A request that is already sent keeps its speed: the second chunk is the slow one.
  await expect.poll(() => percent(row), { timeout: 30_000 }).toBeGreaterThan(3)
  await throttle(page, 200_000)
  await expect.poll(() => percent(row), { timeout: 30_000 }).toBeGreaterThan(66)
  const other = await context.newPage()
  await other.goto('/files')
  await expect(other.getByRole('heading', { name: 'No files yet' })).toBeVisible()
  await expect(uploads(other)).toBeHidden()

  await page.getByRole('button', { name: 'Pause film.bin' }).click()
  await expect(row).toContainText('Paused')
  await checkAccessibility(page, 'upload, paused')
  await throttle(page)
  await page.reload()
  await expect(row).toHaveAttribute('data-phase', 'paused')
  const offsets: string[] = []
  page.on(
    'request',
    (request) => request.method() === 'PATCH' && offsets.push(request.headers()['upload-offset'] ?? ''),
  )
  await page.getByRole('button', { name: 'Resume film.bin' }).click()
  await uploaded(page, 'film.bin')
  // The first chunk is not sent again.
  expect(Number(offsets[0])).toBeGreaterThanOrEqual(8 * 1024 * 1024)

  await throttle(page, 300_000)
  const tape = bigFile('tape.bin', 9 * 1024 * 1024)
  await choose(page, tape)
  const second = uploads(page).getByRole('listitem').filter({ hasText: 'tape.bin' })
  await expect.poll(() => percent(second), { timeout: 30_000 }).toBeGreaterThan(8)
  // The server may still be storing the chunk of the previous page when this one asks for the offset.
  watch.allow(/status of 409 .*\/uploads\//)
  await throttle(page)
  await page.reload()
  await uploaded(page, 'tape.bin')
  await expect(card(other, 'tape.bin')).toBeVisible()
  for (const file of [film, tape]) {
    await card(page, file.name).click()
    await expect(dialog(page).getByText(digest(file))).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(dialog(page)).toBeHidden()
  }
  watch.check()
})

test('an upload without stored bytes needs its file again; signing out deletes the stored uploads', async ({
  page,
}) => {
  // The connection is throttled.
  test.slow()
  const watch = watchConsole(page)
  await begin(page)
  const folder = mkdtempSync(joinPath(tmpdir(), 'files-'))
  const path = joinPath(folder, 'movie.bin')
  const movie = bigFile('movie.bin', 9 * 1024 * 1024)
  writeFileSync(path, movie.buffer)
  await throttle(page, 300_000)
  await page.getByTestId('chooser').setInputFiles(path)
  const row = uploads(page).getByRole('listitem').filter({ hasText: 'movie.bin' })
  await expect
    .poll(async () => Number(await row.getByRole('progressbar').getAttribute('aria-valuenow')), { timeout: 30_000 })
    .toBeGreaterThan(3)
  await expect.poll(() => storedKeys(page)).toHaveLength(2)
  await deleteStored(page, / bytes$/)
  page.on('dialog', (dialog) => void dialog.accept())
  await page.reload()
  await expect(row).toContainText('Select the same file again')
  await checkAccessibility(page, 'upload, needs its file')
  await throttle(page)
  await row
    .getByTestId('same-file')
    .setInputFiles([{ name: 'movie.bin', mimeType: 'application/octet-stream', buffer: Buffer.from('another') }])
  await expect(page.getByText('This is not the same file')).toBeVisible()
  await row.getByTestId('same-file').setInputFiles(path)
  await uploaded(page, 'movie.bin')
  await card(page, 'movie.bin').click()
  await expect(dialog(page).getByText(digest(movie))).toBeVisible()
  const download = page.waitForEvent('download')
  await dialog(page).getByRole('button', { name: 'Download', exact: true }).click()
  expect(await readFile(await (await download).path())).toEqual(movie.buffer)
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toBeHidden()

  await throttle(page, 50_000)
  await choose(page, bigFile('left.bin', 2 * 1024 * 1024))
  await expect.poll(() => storedKeys(page)).toHaveLength(2)
  await page.getByRole('button', { name: /^Account/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await checkAccessibility(page, 'sign-out with an upload')
  await dialog(page).getByRole('button', { name: 'Sign out and discard' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect.poll(() => storedKeys(page)).toEqual([])
  watch.check()
})

test('audio can be played from any position', async ({ page }) => {
  const watch = watchConsole(page)
  await begin(page)
  await choose(page, sound('tone.wav', 20))
  await uploaded(page, 'tone.wav')
  await card(page, 'tone.wav').click()
  const player = dialog(page).locator('audio')
  await expect.poll(() => player.evaluate((audio: HTMLAudioElement) => Math.round(audio.duration))).toBe(20)
  await player.evaluate((audio: HTMLAudioElement) => (audio.currentTime = 15))
  await expect
    .poll(() =>
      player.evaluate((audio: HTMLAudioElement) => !audio.seeking && audio.readyState >= 2 && audio.currentTime),
    )
    .toBe(15)
  await checkAccessibility(page, 'preview, audio')
  watch.check()
})

test('batches: several files to the trash and back, and deleted permanently', async ({ page }) => {
  const watch = watchConsole(page)
  await begin(page)
  await choose(page, ...['a', 'b', 'c', 'd'].map((name) => textFile(`${name}.txt`, name)))
  for (const name of ['a', 'b', 'c', 'd']) await uploaded(page, `${name}.txt`)
  await page.getByRole('button', { name: 'Close uploads' }).click()
  const cards = page.getByRole('list', { name: 'Files' }).getByRole('listitem')
  await expect(cards).toHaveCount(4)

  await cards.first().getByRole('link').focus()
  await page.keyboard.press('x')
  await page.keyboard.press('Shift+ArrowRight')
  await page.keyboard.press('Shift+ArrowRight')
  await expect(page.getByRole('heading', { name: '3 selected' })).toBeVisible()
  await checkAccessibility(page, 'files, selected')
  await page.keyboard.press('#')
  await expect(cards).toHaveCount(1)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(cards).toHaveCount(4)

  await page.getByRole('button', { name: 'Actions for a.txt' }).click()
  await page.getByRole('menuitem', { name: 'Move to trash' }).click()
  await expect(cards).toHaveCount(3)
  await page.getByRole('button', { name: 'Trash', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Trash', exact: true })).toBeFocused()
  await expect(page.getByText('Deleted permanently on')).toBeVisible()
  await checkAccessibility(page, 'files, trash')
  await page.getByRole('button', { name: 'Actions for a.txt' }).click()
  await page.getByRole('menuitem', { name: 'Delete permanently' }).click()
  await checkAccessibility(page, 'files, delete dialog')
  await dialog(page).getByRole('button', { name: 'Delete permanently' }).click()
  await expect(page.getByRole('heading', { name: 'The trash is empty' })).toBeVisible()
  watch.check()
})

test('files are attached while a note is edited, and appear in another tab', async ({ page, context }) => {
  const watch = watchConsole(page)
  await begin(page)
  await choose(page, textFile('old map.txt', 'here'))
  await uploaded(page, 'old map.txt')
  await page.getByRole('button', { name: 'Close uploads' }).click()
  await write(page, 'Trip', 'pack ')
  const other = await context.newPage()
  await other.goto(page.url())
  await expect(other.getByRole('textbox', { name: 'Title' })).toHaveValue('Trip')

  await drop(page, text(page), picture('ticket.png'))
  await text(page).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('the tent, the stove, the lamp', { delay: 15 })
  const strip = page.getByRole('region', { name: 'Attached files' })
  await expect(strip.getByRole('button', { name: /^ticket.png/ })).toBeVisible()
  await saved(page)
  await expect(page.getByText('Conflicting changes')).toBeHidden()
  await expect(
    other.getByRole('region', { name: 'Attached files' }).getByRole('button', { name: /^ticket.png/ }),
  ).toBeVisible()
  await expect(text(other)).toContainText('pack the tent, the stove, the lamp')

  await paste(page, text(page), picture('image.png'))
  await expect(strip.getByRole('button', { name: /^Pasted / })).toBeVisible()
  await page.getByRole('button', { name: 'Attach', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Choose from Files' }).click()
  await page.getByRole('combobox', { name: 'Find a file by name' }).fill('map')
  await expect(page.getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(strip.getByRole('listitem')).toHaveCount(3)
  await checkAccessibility(page, 'note with files')

  await strip.getByRole('button', { name: /^old map.txt/ }).click()
  await expect(dialog(page).getByRole('link', { name: 'Trip' })).toBeVisible()
  await page.keyboard.press('Escape')
  await strip.getByRole('button', { name: 'Remove old map.txt from the note' }).click()
  await expect(strip.getByRole('listitem')).toHaveCount(2)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(strip.getByRole('listitem')).toHaveCount(3)
  await text(page).click()
  await page.keyboard.type(' and more')
  await saved(page)
  await expect(page.getByText('Conflicting changes')).toBeHidden()
  watch.check()
})

test('a new note with only a file, on a phone', async ({ page }) => {
  const watch = watchConsole(page)
  await begin(page)
  await page.setViewportSize(PHONE)
  await checkAccessibility(page, 'files, phone')
  await page.goto('/notes/new')
  await page.getByTestId('attach-chooser').setInputFiles([picture('receipt.png')])
  await expect(
    page.getByRole('region', { name: 'Attached files' }).getByRole('button', { name: /^receipt.png/ }),
  ).toBeVisible()
  await expect(page).toHaveURL(/\/notes\/[0-9a-f-]{36}$/)
  await checkAccessibility(page, 'note with a file, phone')
  await page.goto('/files')
  await card(page, 'receipt.png').click()
  await checkAccessibility(page, 'preview, phone')
  await page.keyboard.press('Escape')
  await signOutOf(page)
  watch.check()
})

async function signOutOf(page: Page) {
  await expect(dialog(page)).toBeHidden()
  await signOut(page)
}
