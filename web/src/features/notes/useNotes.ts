// Owns one list of notes: what is asked for, and keeping a page current with what is done to its notes. Refuses
// the paging itself.
import type { Ref } from 'vue'
import type { NoteQuery, NoteSort, NoteSummary } from '@/api/types'
import { LARGEST_PAGE, usePagedList } from '@/lib/usePagedList'
import { listNotes } from './api'
import { noteChanges } from '@/changes'
import { PLACES, type Place } from './places'

/** More pinned notes than a page of the server holds are no longer a choice. */
const MOST_PINNED = LARGEST_PAGE

export interface NotesFilter {
  place: Place
  q: string
  sort: NoteSort
  /** Only the notes of this notebook, not of those below it. */
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

  /** Puts a note where it belongs after a change, without asking the server again. */
  function put(note: NoteSummary) {
    const others = list.items.value.filter((item) => item.id !== note.id)
    const belongs = fits(note, filter.value)
    list.items.value = belongs ? [...others, note].sort(order(filter.value)) : others
  }

  return { ...list, put }
}

const sameScope = (a: NotesFilter, b: NotesFilter) =>
  a.place === b.place && a.notebook === b.notebook && a.tag === b.tag

/** Pinned notes stand first where people live; in searches, archive and trash they stand where they fall. */
const pinnedFirst = ({ place, q }: NotesFilter): boolean => place === 'notes' && q.trim() === ''

/** The server sorts by one key, so pinned notes are a question of their own. */
async function readPinned(filter: NotesFilter, signal: AbortSignal): Promise<NoteSummary[]> {
  if (!pinnedFirst(filter)) return []
  return (await listNotes({ ...question(filter), pinned: true, limit: MOST_PINNED }, signal)).items
}

function readPage(filter: NotesFilter, cursor: string | null, signal: AbortSignal, limit: number) {
  return listNotes(
    { ...question(filter), limit, ...(pinnedFirst(filter) ? { pinned: false } : {}), ...(cursor ? { cursor } : {}) },
    signal,
  )
}

function question({ place, q, sort, notebook, tag }: NotesFilter): NoteQuery {
  return {
    ...PLACES[place].query,
    sort,
    ...(q.trim() ? { q: q.trim() } : {}),
    ...(notebook ? { notebook } : {}),
    ...(tag ? { tag } : {}),
  }
}

function fits(note: NoteSummary, { place, notebook, tag }: NotesFilter): boolean {
  if (notebook && (note.notebook_id ?? null) !== (notebook === 'none' ? null : notebook)) return false
  if (tag && !note.tags.some((name) => name.toLowerCase() === tag.toLowerCase())) return false
  if (note.deleted_at) return place === 'trash'
  return place === (note.archived ? 'archive' : 'notes')
}

/** The order of the list on screen: pinned first where that holds, then the chosen one. */
function order(filter: NotesFilter) {
  const { sort } = filter
  return (a: NoteSummary, b: NoteSummary): number => {
    if (pinnedFirst(filter) && a.pinned !== b.pinned) return a.pinned ? -1 : 1
    if (sort === 'title')
      return a.title.localeCompare(b.title, undefined, { sensitivity: 'base' }) || a.id.localeCompare(b.id)
    const key = sort === 'created' ? 'created_at' : 'updated_at'
    return b[key].localeCompare(a[key]) || b.id.localeCompare(a.id)
  }
}
