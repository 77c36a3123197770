// The open dialog about notebooks or about moving notes into one; `NotebookDialogs.vue` renders it. One at a time.
import { shallowRef } from 'vue'
import type { Notebook } from '@/api/types'

export type NotebookDialog =
  | { kind: 'new'; parent: string | null }
  | { kind: 'rename' | 'move' | 'delete'; notebook: Notebook }
  | {
      kind: 'move-notes'
      ids: string[]
      from?: string | null | undefined
      what?: string
      /** Receives the notebook instead of a batch: a note that is not saved yet cannot be in a batch. */
      pick?: (notebook: string | null) => void
    }

export const notebookDialog = shallowRef<NotebookDialog | null>(null)

export function openNotebookDialog(dialog: NotebookDialog) {
  notebookDialog.value = dialog
}
