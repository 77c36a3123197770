// The editable fields of a note.
import { textSchema } from '@/features/editor/schema'

export interface NoteDraft {
  title: string
  body: string
  pinned: boolean
  archived: boolean
}

export const NOTE_SCHEMA = textSchema<NoteDraft>({ title: '', body: '', pinned: false, archived: false }, 'body')
