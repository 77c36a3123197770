// Owns one list of notes: first page, further pages, search, and keeping a page current with what is
// done to its notes. Refuses to mirror the database: a list lives as long as its view.
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { describeError, isAborted } from '@/api/errors'
import type { NoteSort, NoteSummary } from '@/api/types'
import { listNotes } from './api'
import { PLACES, type Place } from './places'

const PAGE = 50

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
    const { place, q, sort } = filter.value
    try {
      const page = await listNotes(
        {
          ...PLACES[place].query,
          sort,
          limit: PAGE,
          ...(q.trim() ? { q: q.trim() } : {}),
          ...(kind === 'more' && nextCursor.value ? { cursor: nextCursor.value } : {}),
        },
        mine.signal,
      )
      if (mine.signal.aborted) return
      items.value = kind === 'more' ? joined(items.value, page.items) : page.items
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
    items.value = belongs ? [...others, note].sort(order(filter.value.sort)) : others
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

/** A note that moved between two pages while reading them must not stand there twice. */
function joined(old: NoteSummary[], more: NoteSummary[]): NoteSummary[] {
  const fresh = new Set(more.map((note) => note.id))
  return [...old.filter((note) => !fresh.has(note.id)), ...more]
}

function fits(note: NoteSummary, place: Place): boolean {
  if (note.deleted_at) return place === 'trash'
  return place === (note.archived ? 'archive' : 'notes')
}

/** The server's own order: pinned first, then the chosen one. */
function order(sort: NoteSort) {
  return (a: NoteSummary, b: NoteSummary): number => {
    if (a.pinned !== b.pinned) return a.pinned ? -1 : 1
    if (sort === 'title') return a.title.localeCompare(b.title, undefined, { sensitivity: 'base' }) || a.id.localeCompare(b.id)
    const key = sort === 'created' ? 'created_at' : 'updated_at'
    return b[key].localeCompare(a[key]) || b.id.localeCompare(a.id)
  }
}
