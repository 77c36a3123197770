// Screens of files.
import type { Page } from '@playwright/test'
import { FILE, goto, state, type Screens, type Step } from './step'

const chooseFiles = (page: Page, names: string[], size: number) =>
  page
    .getByTestId('chooser')
    .setInputFiles(names.map((name) => ({ name, mimeType: 'text/plain', buffer: Buffer.alloc(size, 'x') })))

const dragOver: Step = async (page) => {
  const files = await page.evaluateHandle(() => {
    const transfer = new DataTransfer()
    transfer.items.add(new File(['x'], 'x.txt'))
    return transfer
  })
  await page.locator('.files').dispatchEvent('dragenter', { dataTransfer: files })
}

export const FILES: Screens = {
  files: goto('/files'),
  'files-table': goto('/files', (page) => page.getByRole('button', { name: 'Show as a table' }).click()),
  'files-type': goto('/files?type=image'),
  'files-empty': async (page, wide) => {
    state.fileData.files.clear()
    state.fileData.storage.used_bytes = 0
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
    for (const file of [...state.fileData.files.values()].slice(0, 3))
      state.fileData.files.set(file.id, {
        ...file,
        deleted_at: file.updated_at,
        purge_at: new Date(Date.now() + 20 * 86_400_000).toISOString(),
      })
    await goto('/files?in=trash')(page, wide)
  },
  'files-nearly-full': async (page, wide) => {
    state.fileData.storage.used_bytes = 9_310_000_000
    await goto('/files')(page, wide)
  },
  'files-preview-image': goto(`/files/${FILE(0)}`),
  'files-preview-text': goto(`/files/${FILE(4)}`),
  'files-preview-none': goto(`/files/${FILE(8)}`),
  'files-preview-plain': goto(`/files/${FILE(2)}`, async (page, wide) => {
    if (wide) await page.getByRole('button', { name: 'File details' }).click()
  }),
  'files-drop': goto('/files', dragOver),
  'files-uploads': goto('/files', async (page) => {
    await chooseFiles(page, ['Notes of May.txt', 'Map.txt'], 40_000)
    await page.getByText('2 files uploaded').waitFor()
    state.fileData.stall = true
    await chooseFiles(page, ['Holiday film.mp4', 'Slides.pdf', 'Scan 1.pdf', 'Scan 2.pdf'], 3_000_000)
    await page.waitForTimeout(700)
    await page.getByRole('button', { name: 'Pause Slides.pdf' }).click()
  }),
  'files-quota': async (page, wide) => {
    state.fileData.storage.used_bytes = 9_999_990_000
    await goto('/files', async (page) => {
      await chooseFiles(page, ['Holiday film.mp4'], 3_000_000)
      await page.getByText('Not enough storage').first().waitFor()
    })(page, wide)
  },
}
