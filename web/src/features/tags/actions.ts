// Actions on tags, with their toast and undo.
import type { Tag } from '@/api/types'
import { emitCollectionChange, noteChanges } from '@/changes'
import { undoBatch } from '@/features/batches/batches'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import * as api from './api'
import { tags } from './store'

export async function renameTag(tag: Tag, name: string) {
  tags.upsert(await api.renameTag(tag.id, name))
  emitChange()
}

export async function mergeTag(tag: Tag, into: Tag) {
  await api.mergeTag(tag.id, into.id)
  emitChange()
  showToast(`Merged #${tag.name} into #${into.name}`)
}

export async function deleteTag(tag: Tag) {
  const batch = await api.deleteTag(tag.id)
  emitChange()
  const message = `Deleted the tag #${tag.name}`
  if (batch) offerUndo(message, () => undoBatch(batch).then(emitChange))
  else showToast(message)
}

function emitChange() {
  void tags.reload()
  noteChanges.emit()
  emitCollectionChange()
}
