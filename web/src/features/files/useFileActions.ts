// Changes of files with their messages and undo.
import type { StoredFile } from '@/api/types'
import { ApiError, describeError } from '@/api/errors'
import { fileChanges } from '@/changes'
import { countOf, runBatch } from '@/features/batches/batches'
import { downloadUrl } from '@/lib/clipboard'
import { showToast } from '@/lib/toasts'
import { changeFile, deleteFilePermanently, createLink } from './api'

const quoted = (files: readonly StoredFile[]) => (files.length === 1 ? { what: `“${files[0]!.name}”` } : {})
const idsOf = (files: readonly StoredFile[]) => files.map((file) => file.id)
/** Browsers drop downloads that start at the same time. */
const DOWNLOAD_INTERVAL_MS = 400

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

/** Resolves to the ids of the deleted files, also if it failed for some. */
export async function deletePermanently(files: readonly StoredFile[]): Promise<string[]> {
  const deleted: string[] = []
  try {
    for (const { id } of files) {
      await deleteFilePermanently(id).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 404) throw error
      })
      deleted.push(id)
    }
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
  }
  if (deleted.length > 0) {
    fileChanges.emit()
    showToast(
      deleted.length === 1 && files.length === 1
        ? `Deleted “${files[0]!.name}” permanently`
        : `Deleted ${countOf('file', deleted.length)} permanently`,
    )
  }
  return deleted
}

/** The browser downloads by a temporary link; the bytes do not pass through the page. */
export async function downloadFiles(files: readonly Pick<StoredFile, 'id' | 'name'>[]) {
  try {
    for (const [index, { id, name }] of files.entries()) {
      if (index > 0) await new Promise((resolve) => setTimeout(resolve, DOWNLOAD_INTERVAL_MS))
      downloadUrl((await createLink(id, true)).url, name)
    }
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
  }
}
