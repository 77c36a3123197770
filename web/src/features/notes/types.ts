// Owns what a save is made of on this side. Refuses the shapes of answers: they are the server's.
import type { NotePatch } from '@/api/types'

/** What a person can change about a note by writing; saved field by field. */
export interface Draft {
  title: string
  body: string
  pinned: boolean
  archived: boolean
}

/** What changed, the version it was based on, and a name of its own: so the server knows a repetition. */
export type SaveRequest = NotePatch & { base_version: number; save_id: string }
