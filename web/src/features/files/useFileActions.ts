// Owns what can be done to files from list and preview, each told, and taken back where that is possible. Refuses to
// ask: the dialogs do.
import type { StoredFile } from '@/api/types'
import { ApiError, describeError } from '@/api/errors'
import { fileChanges } from '@/changes'
import { countOf, runBatch } from '@/features/batches/batches'
import { downloadUrl } from '@/lib/clipboard'
import { showToast } from '@/lib/toasts'
import { changeFile, deleteFilePermanently, linkTo } from './api'

const quoted = (files: readonly StoredFile[]) => (files.length === 1 ? { what: `“${files[0]!.name}”` } : {})
const idsOf = (files: readonly StoredFile[]) => files.map((file) => file.id)
/** Browsers lose downloads that are begun in the same breath. */
const BETWEEN_DOWNLOADS_MS = 400

export const trashFiles = (files: readonly StoredFile[]) =>
  runBatch({ kind: 'file', ids: idsOf(files), action: 'delete' }, quoted(files))

export const restoreFiles = (files: readonly StoredFile[]) =>
  runBatch({ kind: 'file', ids: idsOf(files), action: 'restore' }, quoted(files))

export async function renameFile(file: StoredFile, name: string): Promise<StoredFile> {
  const changed = await changeFile(file.id, { name })
  fileChanges.emit([changed])
  return changed
}

export async function retagFile(file: StoredFile, tags: string[]): Promise<StoredFile | undefined> {
  try {
    const changed = await changeFile(file.id, { tags })
    fileChanges.emit([changed])
    return changed
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
    return undefined
  }
}

/** One after the other; resolves to those that are gone, also when it did not work for all. */
export async function deletePermanently(files: readonly StoredFile[]): Promise<string[]> {
  const gone: string[] = []
  try {
    for (const { id } of files) {
      await deleteFilePermanently(id).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 404) throw error
      })
      gone.push(id)
    }
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
  }
  if (gone.length > 0) {
    fileChanges.emit()
    showToast(
      gone.length === 1 && files.length === 1
        ? `Deleted “${files[0]!.name}” permanently`
        : `Deleted ${countOf('file', gone.length)} permanently`,
    )
  }
  return gone
}

/** By the browser itself, through a link of a few minutes: nothing passes through this page. */
export async function downloadFiles(files: readonly Pick<StoredFile, 'id' | 'name'>[]) {
  try {
    for (const [index, { id, name }] of files.entries()) {
      if (index > 0) await new Promise((resolve) => setTimeout(resolve, BETWEEN_DOWNLOADS_MS))
      downloadUrl((await linkTo(id, true)).url, name)
    }
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
  }
}
