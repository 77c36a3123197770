// Owns which question about tasks or their lists stands on screen: asked from the rail, the list, the panel or a
// key, answered in one place. Refuses two at a time.
import { shallowRef } from 'vue'
import type { Due } from './quickAddParser'
import type { Layout } from './containers'
import type { SavedView, TaskList } from './types'

export type TaskDialog =
  | { kind: 'rail' }
  | { kind: 'quick-add' }
  | { kind: 'list-new'; made?: (list: TaskList) => void }
  | { kind: 'list-rename' | 'list-delete'; list: TaskList }
  | { kind: 'view-new'; query: string; layout: Layout }
  | { kind: 'view-rename' | 'view-delete'; view: SavedView }
  /** Answered by whoever asked. */
  | { kind: 'move'; what: string; from?: string | null | undefined; pick: (list: string | null, name: string) => void }
  | { kind: 'due'; what: string; due?: Due | undefined; pick: (due: Due | undefined) => void }
  | { kind: 'note'; linked: string | null | undefined; pick: (note: string) => void }

export const taskDialog = shallowRef<TaskDialog | null>(null)

export function openTaskDialog(about: TaskDialog) {
  taskDialog.value = about
}
