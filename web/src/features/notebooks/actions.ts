// Actions on notebooks, with their toast and undo.
import type { Notebook } from '@/api/types'
import { describeError } from '@/api/errors'
import { emitCollectionChange, noteChanges } from '@/changes'
import { undoBatch } from '@/features/batches/batches'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { uuidv7 } from '@/lib/uuid'
import * as api from './api'
import { notebooks } from './store'

export async function createNotebook(name: string, parent: string | null): Promise<Notebook> {
  const created = await api.createNotebook({ id: uuidv7(), name, parent_id: parent })
  notebooks.upsert(created)
  return created
}

export async function renameNotebook(notebook: Notebook, name: string) {
  notebooks.upsert(await api.changeNotebook(notebook.id, { name }))
}

export async function moveNotebook(notebook: Notebook, parent: string | null): Promise<boolean> {
  if (parent === (notebook.parent_id ?? null)) return true
  if (!(await changeParent(notebook.id, parent))) return false
  offerUndo(`Moved the notebook “${notebook.name}”`, () => changeParent(notebook.id, notebook.parent_id))
  return true
}

async function changeParent(id: string, parent: string | null | undefined): Promise<boolean> {
  try {
    notebooks.upsert(await api.changeNotebook(id, { parent_id: parent ?? null }))
    return true
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
    return false
  }
}

export async function deleteNotebook(notebook: Notebook, notes: 'keep' | 'trash') {
  const batch = await api.deleteNotebook(notebook.id, notes)
  emitChange()
  const message = `Deleted the notebook “${notebook.name}”${notes === 'trash' ? ' and moved its notes to the trash' : ''}`
  if (batch) offerUndo(message, () => undoBatch(batch).then(emitChange))
  else showToast(message)
}

function emitChange() {
  void notebooks.reload()
  noteChanges.emit()
  emitCollectionChange()
}
