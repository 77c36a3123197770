// Runs commands from menus, keys and the batch bar, and opens the dialogs that they need.
import { ref, shallowRef } from 'vue'
import type { StoredFile } from '@/api/types'
import { BATCH_LIMIT } from '@/features/batches/batches'
import { openTagDialog } from '@/features/tags/dialogs'
import type { FileCommand } from './commands'
import { deletePermanently, downloadFiles, restoreFiles, trashFiles } from './useFileActions'

export function useFileCommands(removed: (ids: string[]) => unknown) {
  const renaming = shallowRef<StoredFile | null>(null)
  const deleting = shallowRef<readonly StoredFile[]>([])
  const busy = ref(false)

  async function run(command: FileCommand, files: readonly StoredFile[]) {
    const ids = files.map((file) => file.id)
    if (ids.length === 0) return
    if (command === 'rename') renaming.value = files[0]!
    else if (command === 'delete-permanently') deleting.value = files
    else if (command === 'download') await downloadFiles(files)
    else if (command === 'tag') openTagDialog({ kind: 'add', ids, of: 'file' })
    else if (command === 'untag')
      openTagDialog({ kind: 'remove', ids, of: 'file', tags: [...new Set(files.flatMap((file) => file.tags))].sort() })
    else if (await (command === 'trash' ? trashFiles : restoreFiles)(files)) removed(ids.slice(0, BATCH_LIMIT))
  }

  async function confirmDelete() {
    busy.value = true
    const deleted = await deletePermanently(deleting.value)
    busy.value = false
    deleting.value = []
    if (deleted.length > 0) removed(deleted)
  }

  return { run, renaming, deleting, busy, confirmDelete }
}
