// Owns which question about notebooks, tags or chosen notes stands on screen: asked from the rail, the
// list, the editor or a key, answered in one place. Refuses two at a time.
import { shallowRef } from 'vue'
import type { BatchKind, Notebook, Tag } from '@/api/types'

export type Question =
  | { kind: 'rail' }
  | { kind: 'notebook-new'; parent: string | null }
  | { kind: 'notebook-rename' | 'notebook-move' | 'notebook-delete'; notebook: Notebook }
  | { kind: 'tags'; tag?: Tag }
  /** `pick` takes the answer where the notes are not to be moved by a batch: a note that is new. */
  | {
      kind: 'move'
      ids: string[]
      from?: string | null | undefined
      what?: string
      pick?: (notebook: string | null) => void
    }
  | { kind: 'tag'; ids: string[]; of?: BatchKind }
  | { kind: 'untag'; ids: string[]; tags: string[]; of?: BatchKind }

export const question = shallowRef<Question | null>(null)

export function ask(about: Question) {
  question.value = about
}
