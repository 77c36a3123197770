// Screens of the notes list, notebooks and tags.
import { NOTEBOOKS } from '../mock/collections'
import { FIRST, goto, state, type Screens, type Step } from './step'

const rail: Step = async (page, wide) => {
  if (!wide) await page.getByRole('button', { name: 'Notebooks and tags' }).click()
}

export const NOTE_LISTS: Screens = {
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
}
