// Owns one list of notes: first page, further pages, search, and keeping a page current with what is
// done to its notes. Refuses to mirror the database: a list lives as long as its view.
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { describeError, isAborted } from '@/api/errors'
import type { NoteSort, NoteSummary } from '@/api/types'
import { listNotes } from './api'
import { PLACES, type Place } from './places'

const PAGE = 50
/** More pinned notes than a page of the server holds are no longer a choice. */
const MOST_PINNED = 200

export interface NotesFilter {
  place: Place
  q: string
  sort: NoteSort
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

  const reload = () => load(items.value.length > 0 ? 'again' : 'first')

  async function loadMore() {
    if (nextCursor.value && loading.value === null) await load('more')
  }

  /** Puts a note where it belongs after a change, without asking the server again. */
  function put(note: NoteSummary) {
    const others = items.value.filter((item) => item.id !== note.id)
    const belongs = fits(note, filter.value.place)
    items.value = belongs ? [...others, note].sort(order(filter.value)) : others
  }

  function remove(id: string) {
    items.value = items.value.filter((item) => item.id !== id)
  }

  watch(
    filter,
    (now, before) => {
      if (before && now.place !== before.place) items.value = []
      void reload()
    },
    { immediate: true },
  )
  onScopeDispose(() => request?.abort())

  return { items, loading, error, hasMore: computed(() => nextCursor.value !== null), reload, loadMore, put, remove }
}

/** Pinned notes stand first where people live; in searches, archive and trash they stand where they fall. */
const pinnedFirst = ({ place, q }: NotesFilter): boolean => place === 'notes' && q.trim() === ''

/** The server sorts by one key, so pinned notes are a question of their own. */
async function readPinned(filter: NotesFilter, signal: AbortSignal): Promise<NoteSummary[]> {
  if (!pinnedFirst(filter)) return []
  const query = { ...PLACES[filter.place].query, sort: filter.sort, pinned: true, limit: MOST_PINNED }
  return (await listNotes(query, signal)).items
}

function readPage(filter: NotesFilter, cursor: string | null, signal: AbortSignal) {
  const { place, q, sort } = filter
  const query = {
    ...PLACES[place].query,
    sort,
    limit: PAGE,
    ...(q.trim() ? { q: q.trim() } : {}),
    ...(pinnedFirst(filter) ? { pinned: false } : {}),
    ...(cursor ? { cursor } : {}),
  }
  return listNotes(query, signal)
}

/** A note that moved between two pages while reading them must not stand there twice. */
function joined(old: NoteSummary[], more: NoteSummary[]): NoteSummary[] {
  const fresh = new Set(more.map((note) => note.id))
  return [...old.filter((note) => !fresh.has(note.id)), ...more]
}

function fits(note: NoteSummary, place: Place): boolean {
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
