// Owns the names of what saving and history exchange with the server. Refuses everything else.
import type { Note, NotePatch } from '@/api/types'

/** What a person can change about a note; saved field by field. */
export interface Draft {
  title: string
  body: string
  pinned: boolean
  archived: boolean
}

/** What changed, the version it was based on, and a name of its own: so the server knows a repetition. */
export type SaveRequest = NotePatch & { base_version: number; save_id: string }

/** What came of a save. On `conflict` the note is the stored one, and the text that came is a revision. */
export type SavedNote = Note & {
  merge?: 'none' | 'clean' | 'conflict'
  conflict?: { version: number; title: string; body: string } | null
}

export interface Revision {
  version: number
  title: string
  size_bytes: number
  reason: 'edit' | 'merge' | 'merged' | 'conflict' | 'restore'
  created_at: string
  current: boolean
}

export interface RevisionPage {
  items: Revision[]
  next_cursor?: string | null
}

export interface DiffPiece {
  op: 'equal' | 'insert' | 'delete'
  text: string
}

export interface RevisionDiff {
  from: number
  to: number
  title: DiffPiece[]
  body: DiffPiece[]
}

export type RevisionText = Revision & { body: string }
