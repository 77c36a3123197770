// The sections of the notes screen (notes, archive, trash) and the sort orders of their lists.
import type { NoteQuery } from '@/api/types'

/** Also the name of its route. */
export type NoteSection = 'notes' | 'archive' | 'trash'

interface SectionInfo {
  title: string
  query: NoteQuery
  searchLabel: string
}

export const SECTIONS: Record<NoteSection, SectionInfo> = {
  notes: { title: 'Notes', query: { archived: false }, searchLabel: 'Search notes' },
  archive: { title: 'Archive', query: { archived: true }, searchLabel: 'Search the archive' },
  trash: { title: 'Trash', query: { trashed: true }, searchLabel: 'Search the trash' },
}

export const SORTS = [
  { value: 'updated', label: 'Last edited' },
  { value: 'created', label: 'Date created' },
  { value: 'title', label: 'Title' },
] as const
