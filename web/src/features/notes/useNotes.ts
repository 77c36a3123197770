// Owns one list of notes: first page, further pages, search, and keeping a page current with what is
// done to its notes. Refuses to mirror the database: a list lives as long as its view.
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { describeError, isAborted } from '@/api/errors'
import type { NoteQuery, NoteSort, NoteSummary } from '@/api/types'
import { listNotes } from './api'
import { noteKnown } from './live'
import { PLACES, type Place } from './places'

const PAGE = 50
/** More pinned notes than a page of the server holds are no longer a choice. */
const LARGEST_PAGE = 200
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
  const items = shallowRef<NoteSummary[]>([])
  const nextCursor = ref<string | null>(null)
  /** `first`: nothing to show yet, draw skeletons. `again`: the old list stays while the new one comes. */
  const loading = ref<'first' | 'again' | 'more' | null>('first')
  const error = ref('')
  let request: AbortController | undefined

  async function load(kind: 'first' | 'again' | 'more') {
    request?.abort()
    const mine = (request = new AbortController())
    loading.value = kind
    error.value = ''
    try {
      const cursor = kind === 'more' ? nextCursor.value : null
      const [pinned, page] = await Promise.all([cursor ? [] : readPinned(filter.value, mine.signal), readPage(filter.value, cursor, mine.signal)])
      if (mine.signal.aborted) return
      items.value = kind === 'more' ? joined(items.value, page.items) : [...pinned, ...page.items]
      nextCursor.value = page.next_cursor ?? null
    } catch (failure) {
      if (isAborted(failure) || mine.signal.aborted) return
      error.value = describeError(failure)
    }
    if (request === mine) loading.value = null
  }

  /** Looks again at as much as is on screen, without a sign of it: somebody may be reading there. */
  async function refresh() {
    if (loading.value !== null || error.value) return void reload()
    const mine = (request = new AbortController())
    try {
      const fresh = await readAsMany(filter.value, items.value.length, mine.signal)
      if (!mine.signal.aborted) [items.value, nextCursor.value] = [fresh.items, fresh.cursor]
    } catch {
      // What is shown is still what was true a moment ago; the next change tries again.
    }
  }

  const reload = () => load(items.value.length > 0 ? 'again' : 'first')

  async function loadMore() {
    if (nextCursor.value && loading.value === null) await load('more')
  }

  /** Puts a note where it belongs after a change, without asking the server again. */
  function put(note: NoteSummary) {
    const others = items.value.filter((item) => item.id !== note.id)
    const belongs = fits(note, filter.value)
    items.value = belongs ? [...others, note].sort(order(filter.value)) : others
  }

  function remove(...ids: string[]) {
    const gone = new Set(ids)
    items.value = items.value.filter((item) => !gone.has(item.id))
  }

  watch(items, (now) => now.forEach((note) => noteKnown(note.id, note.version)))

  watch(
    filter,
    (now, before) => {
      if (before && !sameScope(now, before)) items.value = []
      void reload()
    },
    { immediate: true },
  )
  onScopeDispose(() => request?.abort())

  return { items, loading, error, hasMore: computed(() => nextCursor.value !== null), reload, refresh, loadMore, put, remove }
}

const sameScope = (a: NotesFilter, b: NotesFilter) => a.place === b.place && a.notebook === b.notebook && a.tag === b.tag

/** Pinned notes stand first where people live; in searches, archive and trash they stand where they fall. */
const pinnedFirst = ({ place, q }: NotesFilter): boolean => place === 'notes' && q.trim() === ''

/** The server sorts by one key, so pinned notes are a question of their own. */
async function readPinned(filter: NotesFilter, signal: AbortSignal): Promise<NoteSummary[]> {
  if (!pinnedFirst(filter)) return []
  return (await listNotes({ ...question(filter), pinned: true, limit: MOST_PINNED }, signal)).items
}

function readPage(filter: NotesFilter, cursor: string | null, signal: AbortSignal, limit = PAGE) {
  return listNotes({ ...question(filter), limit, ...(pinnedFirst(filter) ? { pinned: false } : {}), ...(cursor ? { cursor } : {}) }, signal)
}

function question({ place, q, sort, notebook, tag }: NotesFilter): NoteQuery {
  return { ...PLACES[place].query, sort, ...(q.trim() ? { q: q.trim() } : {}), ...(notebook ? { notebook } : {}), ...(tag ? { tag } : {}) }
}

/** As many notes as were there before, in as few questions as the server allows. */
async function readAsMany(filter: NotesFilter, count: number, signal: AbortSignal) {
  const pinned = await readPinned(filter, signal)
  let items: NoteSummary[] = []
  let cursor: string | null = null
  do {
    const page = await readPage(filter, cursor, signal, Math.min(Math.max(PAGE, count - items.length), LARGEST_PAGE))
    items = joined(items, page.items)
    cursor = page.next_cursor ?? null
  } while (cursor && items.length < count)
  return { items: joined(pinned, items), cursor }
}

/** A note that moved between two pages while reading them must not stand there twice. */
function joined(old: NoteSummary[], more: NoteSummary[]): NoteSummary[] {
  const fresh = new Set(more.map((note) => note.id))
  return [...old.filter((note) => !fresh.has(note.id)), ...more]
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
    if (sort === 'title') return a.title.localeCompare(b.title, undefined, { sensitivity: 'base' }) || a.id.localeCompare(b.id)
    const key = sort === 'created' ? 'created_at' : 'updated_at'
    return b[key].localeCompare(a[key]) || b.id.localeCompare(a.id)
  }
}
