// Owns what can be done to a notebook or a tag, and what is told of it. Refuses to ask: the dialogs do.
import type { Notebook, Tag } from '@/api/types'
import { describeError } from '@/api/errors'
import { labelsTouched, notesTouched } from '@/features/notes/live'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { uuidv7 } from '@/lib/uuid'
import * as api from './api'
import { takeBack } from './batches'
import { notebooks, tags } from './stores'

export async function createNotebook(name: string, parent: string | null): Promise<Notebook> {
  const created = await api.createNotebook({ id: uuidv7(), name, parent_id: parent })
  notebooks.put(created)
  return created
}

export async function renameNotebook(notebook: Notebook, name: string) {
  notebooks.put(await api.changeNotebook(notebook.id, { name }))
}

export async function moveNotebook(notebook: Notebook, parent: string | null): Promise<boolean> {
  if (parent === (notebook.parent_id ?? null)) return true
  if (!(await changeParent(notebook.id, parent))) return false
  offerUndo(`Moved the notebook “${notebook.name}”`, () => changeParent(notebook.id, notebook.parent_id))
  return true
}

async function changeParent(id: string, parent: string | null | undefined): Promise<boolean> {
  try {
    notebooks.put(await api.changeNotebook(id, { parent_id: parent ?? null }))
    return true
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
    return false
  }
}

export async function deleteNotebook(notebook: Notebook, notes: 'keep' | 'trash') {
  const batch = await api.deleteNotebook(notebook.id, notes)
  changed()
  const done = `Deleted the notebook “${notebook.name}”${notes === 'trash' ? ' and moved its notes to the trash' : ''}`
  if (batch) offerUndo(done, () => restore(batch))
  else showToast(done)
}

async function restore(batch: string) {
  await takeBack(batch)
  changed()
}

export async function renameTag(tag: Tag, name: string) {
  tags.put(await api.renameTag(tag.id, name))
  changed()
}

export async function mergeTag(tag: Tag, into: Tag) {
  await api.mergeTag(tag.id, into.id)
  changed()
  showToast(`Merged #${tag.name} into #${into.name}`)
}

export async function deleteTag(tag: Tag) {
  const batch = await api.deleteTag(tag.id)
  changed()
  const done = `Deleted the tag #${tag.name}`
  if (batch) offerUndo(done, () => restore(batch))
  else showToast(done)
}

function changed() {
  void notebooks.reload()
  void tags.reload()
  notesTouched()
  labelsTouched()
}
