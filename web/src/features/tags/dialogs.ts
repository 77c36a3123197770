// The open dialog about tags; `TagDialogs.vue` renders it. One at a time.
import { shallowRef } from 'vue'
import type { BatchKind, Tag } from '@/api/types'

export type TagDialog =
  | { kind: 'manage'; tag?: Tag }
  | { kind: 'add'; ids: string[]; of?: BatchKind }
  | { kind: 'remove'; ids: string[]; tags: string[]; of?: BatchKind }

export const tagDialog = shallowRef<TagDialog | null>(null)

export function openTagDialog(dialog: TagDialog) {
  tagDialog.value = dialog
}
