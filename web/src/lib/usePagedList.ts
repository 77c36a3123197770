// Owns one list that comes in pages: the first one, further ones, the newest question wins, and looking again at
// as much as is on screen. Refuses to know what is listed, and to mirror the database: a list lives as long as
// its view.
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { describeError, isAborted } from '@/api/errors'

interface Page<T> {
  items: T[]
  next_cursor?: string | null | undefined
}

export interface PagedSource<T, F> {
  page: (filter: F, cursor: string | null, signal: AbortSignal, limit: number) => Promise<Page<T>>
  /** What stands before the first page by a question of its own. */
  head?: (filter: F, signal: AbortSignal) => Promise<T[]>
  /** With another scope the old entries go at once instead of staying until the new ones come. */
  sameScope: (a: F, b: F) => boolean
  /** Entries that this page has now. */
  seen: (items: readonly T[]) => void
}

const PAGE = 50
export const LARGEST_PAGE = 200

export function usePagedList<T extends { id: string }, F>(filter: Readonly<Ref<F>>, source: PagedSource<T, F>) {
  const items = shallowRef<T[]>([])
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
      const [head, page] = await Promise.all([
        cursor ? [] : (source.head?.(filter.value, mine.signal) ?? []),
        source.page(filter.value, cursor, mine.signal, PAGE),
      ])
      if (mine.signal.aborted) return
      items.value = kind === 'more' ? joined(items.value, page.items) : [...head, ...page.items]
      nextCursor.value = page.next_cursor ?? null
    } catch (failure) {
      if (isAborted(failure) || mine.signal.aborted) return
      error.value = describeError(failure)
    }
    if (request === mine) loading.value = null
  }

  /** Reloads as many items as are shown without a loading state, because the user may be reading them. */
  async function refresh() {
    if (loading.value !== null || error.value) return void reload()
    const mine = (request = new AbortController())
    try {
      const fresh = await readAsMany(source, filter.value, items.value.length, mine.signal)
      if (!mine.signal.aborted) [items.value, nextCursor.value] = [fresh.items, fresh.cursor]
    } catch {
      // The items stay as they are; the next change tries again.
    }
  }

  const reload = () => load(items.value.length > 0 ? 'again' : 'first')

  async function loadMore() {
    if (nextCursor.value && loading.value === null) await load('more')
  }

  function remove(...ids: string[]) {
    items.value = items.value.filter((item) => !ids.includes(item.id))
  }

  function onFilter(now: F, before: F | undefined) {
    if (before && !source.sameScope(now, before)) items.value = []
    void reload()
  }

  watch(items, (now) => source.seen(now))
  watch(filter, onFilter, { immediate: true })
  onScopeDispose(() => request?.abort())

  return {
    items,
    loading,
    error,
    hasMore: computed(() => nextCursor.value !== null),
    reload,
    refresh,
    loadMore,
    remove,
  }
}

export type PagedList<T extends { id: string }> = ReturnType<typeof usePagedList<T, unknown>>

/** As many entries as were there before, in as few questions as the server allows. */
async function readAsMany<T extends { id: string }, F>(
  source: PagedSource<T, F>,
  filter: F,
  count: number,
  signal: AbortSignal,
) {
  const head = (await source.head?.(filter, signal)) ?? []
  let items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await source.page(
      filter,
      cursor,
      signal,
      Math.min(Math.max(PAGE, count - items.length), LARGEST_PAGE),
    )
    items = joined(items, page.items)
    cursor = page.next_cursor ?? null
  } while (cursor && items.length < count)
  return { items: joined(head, items), cursor }
}

/** An entry that moved between two pages while reading them must not stand there twice. */
function joined<T extends { id: string }>(old: T[], more: T[]): T[] {
  const fresh = new Set(more.map((item) => item.id))
  return [...old.filter((item) => !fresh.has(item.id)), ...more]
}
