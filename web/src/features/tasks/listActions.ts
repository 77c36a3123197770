// Changes of task lists and saved views, with their messages.
import { taskChanges } from '@/changes'
import { undoBatch } from '@/features/batches/batches'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { uuidv7 } from '@/lib/uuid'
import * as api from './api'
import type { Layout } from './options'
import { lists, views } from './stores'
import type { SavedView, TaskList } from './types'

export async function createList(name: string): Promise<TaskList> {
  const created = await api.createList({ id: uuidv7(), name })
  lists.upsert(created)
  return created
}

export async function renameList(list: TaskList, name: string) {
  lists.upsert(await api.changeList(list.id, { name }))
}

export async function deleteList(list: TaskList, tasks: 'keep' | 'trash') {
  const batch = await api.deleteList(list.id, tasks)
  lists.items.value = lists.items.value.filter((other) => other.id !== list.id)
  taskChanges.emit()
  const done = `Deleted the list “${list.name}”${tasks === 'trash' ? ' and moved its tasks to the trash' : ''}`
  if (!batch) return void showToast(done)
  offerUndo(done, async () => {
    await undoBatch(batch, [], 'task')
    void lists.reload()
  })
}

export async function createView(name: string, query: string, layout: Layout): Promise<SavedView> {
  const created = await api.createView({ id: uuidv7(), name, kind: 'tasks', query, layout })
  views.upsert(created)
  return created
}

export async function changeView(view: SavedView, change: { name?: string; query?: string; layout?: Layout }) {
  views.upsert(await api.changeView(view.id, change))
}

export async function deleteView(view: SavedView) {
  await api.deleteView(view.id)
  views.items.value = views.items.value.filter((other) => other.id !== view.id)
  showToast(`Deleted the view “${view.name}”`)
}
