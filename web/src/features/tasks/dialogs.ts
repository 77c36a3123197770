// The open dialog about tasks, lists and saved views; `TaskDialogs.vue` renders it. One at a time.
import { shallowRef } from 'vue'
import type { Layout } from './options'
import type { Due } from './quickAddParser'
import type { SavedView, TaskList } from './types'

export type TaskDialog =
  | { kind: 'rail' }
  | { kind: 'quick-add' }
  | { kind: 'list-new' }
  | { kind: 'list-rename' | 'list-delete'; list: TaskList }
  | { kind: 'view-new'; query: string; layout: Layout }
  | { kind: 'view-rename' | 'view-delete'; view: SavedView }
  | { kind: 'move'; what: string; from?: string | null | undefined; pick: (list: string | null, name: string) => void }
  | { kind: 'due'; what: string; due?: Due | undefined; pick: (due: Due | undefined) => void }
  | { kind: 'note'; linked: string | null | undefined; pick: (note: string) => void }

export const taskDialog = shallowRef<TaskDialog | null>(null)

export function openTaskDialog(dialog: TaskDialog) {
  taskDialog.value = dialog
}
