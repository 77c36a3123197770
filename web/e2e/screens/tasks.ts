// Screens of tasks.
import { LISTS, VIEW, WARDROBE } from '../mock/tasks'
import { goto, state, type Screens } from './step'

export const TASKS: Screens = {
  tasks: goto('/tasks'),
  'tasks-empty': async (page, wide) => {
    state.taskData.tasks.clear()
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
    state.notes.delete(state.taskData.tasks.get(WARDROBE)!.note_id!)
    await goto(`/tasks?task=${WARDROBE}`)(page, wide)
  },
  'task-link-note': goto(`/tasks?task=${WARDROBE}`, async (page) => {
    await page.getByRole('button', { name: 'Change…' }).click()
    await page.getByRole('option').first().waitFor()
  }),
  'task-missing': goto('/tasks?task=0190f3a0-0000-7000-8000-00000000dead'),
  'tasks-trash': async (page, wide) => {
    const task = state.taskData.tasks.get(WARDROBE)!
    state.taskData.tasks.set(WARDROBE, {
      ...task,
      deleted_at: task.updated_at,
      purge_at: new Date(Date.now() + 20 * 86_400_000).toISOString(),
    })
    await goto(`/tasks/trash?task=${WARDROBE}`)(page, wide)
  },
}
