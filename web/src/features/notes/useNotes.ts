// One list of notes: its requests, and updating it after changes. `usePagedList` does the paging.
import type { Ref } from 'vue'
import type { NoteQuery, NoteSort, NoteSummary } from '@/api/types'
import { noteChanges } from '@/changes'
import { MAX_PAGE_SIZE, usePagedList } from '@/lib/usePagedList'
import { listNotes } from './api'
import { SECTIONS, type NoteSection } from './sections'

/** One page: further pinned notes are not shown. */
const MAX_PINNED = MAX_PAGE_SIZE

export interface NotesFilter {
  section: NoteSection
  q: string
  sort: NoteSort
  /** Without the notes of its child notebooks. `none`: the notes without a notebook. */
  notebook?: string
  tag?: string
}

export function useNotes(filter: Readonly<Ref<NotesFilter>>) {
  const list = usePagedList<NoteSummary, NotesFilter>(filter, {
    page: readPage,
    head: readPinned,
    sameScope,
    seen: (items) => items.forEach((note) => noteChanges.markSeen(note.id, note.version)),
  })

  /** Updates, moves or removes a changed note without a request. */
  function put(note: NoteSummary) {
    const others = list.items.value.filter((item) => item.id !== note.id)
    const belongs = matches(note, filter.value)
    list.items.value = belongs ? [...others, note].sort(compareNotes(filter.value)) : others
  }

  return { ...list, put }
}

const sameScope = (a: NotesFilter, b: NotesFilter) =>
  a.section === b.section && a.notebook === b.notebook && a.tag === b.tag

/** Not in the archive, the trash and search results. */
const pinnedFirst = ({ section, q }: NotesFilter): boolean => section === 'notes' && q.trim() === ''

/** A separate request, because the server sorts by one key. */
async function readPinned(filter: NotesFilter, signal: AbortSignal): Promise<NoteSummary[]> {
  if (!pinnedFirst(filter)) return []
  return (await listNotes({ ...queryOf(filter), pinned: true, limit: MAX_PINNED }, signal)).items
}

function readPage(filter: NotesFilter, cursor: string | null, signal: AbortSignal, limit: number) {
  return listNotes(
    { ...queryOf(filter), limit, ...(pinnedFirst(filter) ? { pinned: false } : {}), ...(cursor ? { cursor } : {}) },
    signal,
  )
}

function queryOf({ section, q, sort, notebook, tag }: NotesFilter): NoteQuery {
  return {
    ...SECTIONS[section].query,
    sort,
    ...(q.trim() ? { q: q.trim() } : {}),
    ...(notebook ? { notebook } : {}),
    ...(tag ? { tag } : {}),
  }
}

function matches(note: NoteSummary, { section, notebook, tag }: NotesFilter): boolean {
  if (notebook && (note.notebook_id ?? null) !== (notebook === 'none' ? null : notebook)) return false
  if (tag && !note.tags.some((name) => name.toLowerCase() === tag.toLowerCase())) return false
  if (note.deleted_at) return section === 'trash'
  return section === (note.archived ? 'archive' : 'notes')
}

function compareNotes(filter: NotesFilter) {
  const { sort } = filter
  return (a: NoteSummary, b: NoteSummary): number => {
    if (pinnedFirst(filter) && a.pinned !== b.pinned) return a.pinned ? -1 : 1
    if (sort === 'title')
      return a.title.localeCompare(b.title, undefined, { sensitivity: 'base' }) || a.id.localeCompare(b.id)
    const key = sort === 'created' ? 'created_at' : 'updated_at'
    return b[key].localeCompare(a[key]) || b.id.localeCompare(a.id)
  }
}
