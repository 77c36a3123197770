// Owns the three places a note can be in and what each is called on screen. Refuses requests.
import type { NoteQuery } from '@/api/types'

export type Place = 'notes' | 'archive' | 'trash'

interface PlaceWords {
  title: string
  query: NoteQuery
  searchLabel: string
}

export const PLACES: Record<Place, PlaceWords> = {
  notes: { title: 'Notes', query: { archived: false }, searchLabel: 'Search notes' },
  archive: { title: 'Archive', query: { archived: true }, searchLabel: 'Search the archive' },
  trash: { title: 'Trash', query: { trashed: true }, searchLabel: 'Search the trash' },
}

export const SORTS = [
  { value: 'updated', label: 'Last edited' },
  { value: 'created', label: 'Date created' },
  { value: 'title', label: 'Title' },
] as const

/** A note without a title is called by its first words. */
export function noteName(note: { title: string; excerpt?: string }): string {
  return note.title.trim() || note.excerpt?.trim().slice(0, 60) || 'Untitled'
}
