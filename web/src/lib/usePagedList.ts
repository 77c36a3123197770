// A list that is loaded page by page. It lives as long as its view and is not a cache.
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { describeError } from '@/api/errors'
import { useLatestRequest } from './useLatestRequest'

/** `initial`: nothing to show yet. `reload`: the old items stay until the new ones arrive. */
type Loading = 'initial' | 'reload' | 'more'

interface Page<T> {
  items: T[]
  next_cursor?: string | null | undefined
}

export interface PagedSource<T, F> {
  page: (filter: F, cursor: string | null, signal: AbortSignal, limit: number) => Promise<Page<T>>
  /** Items before the first page that need a request of their own. */
  head?: (filter: F, signal: AbortSignal) => Promise<T[]>
  /** If the scope differs, the old items are removed at once instead of staying until the new ones arrive. */
  sameScope: (a: F, b: F) => boolean
  /** Called with the items whenever they change. */
  seen: (items: readonly T[]) => void
}

const PAGE_SIZE = 50
export const MAX_PAGE_SIZE = 200

export function usePagedList<T extends { id: string }, F>(filter: Readonly<Ref<F>>, source: PagedSource<T, F>) {
  const items = shallowRef<T[]>([])
  const nextCursor = ref<string | null>(null)
  const loading = ref<Loading | null>('initial')
  const error = ref('')
  const startRequest = useLatestRequest()

  async function load(kind: Loading) {
    const signal = startRequest()
    loading.value = kind
    error.value = ''
    try {
      const more = kind === 'more' && nextCursor.value
      const page = more
        ? await source.page(filter.value, nextCursor.value, signal, PAGE_SIZE)
        : await readFirst(source, filter.value, signal)
      if (signal.aborted) return
      items.value = more ? withoutDuplicates(items.value, page.items) : page.items
      nextCursor.value = page.next_cursor ?? null
    } catch (failure) {
      if (!signal.aborted) error.value = describeError(failure)
    }
    if (!signal.aborted) loading.value = null
  }

  /** Reads as many items again as are shown, without a loading indicator. */
  async function refresh() {
    if (loading.value !== null || error.value) return void reload()
    const signal = startRequest()
    try {
      const fresh = await readSameLength(source, filter.value, items.value.length, signal)
      if (!signal.aborted) [items.value, nextCursor.value] = [fresh.items, fresh.next_cursor]
    } catch {
      // The shown items were right a moment ago; the next change tries again.
    }
  }

  const reload = () => load(items.value.length > 0 ? 'reload' : 'initial')

  async function loadMore() {
    if (nextCursor.value && loading.value === null) await load('more')
  }

  function remove(...ids: string[]) {
    const removed = new Set(ids)
    items.value = items.value.filter((item) => !removed.has(item.id))
  }

  watch(items, (now) => source.seen(now))
  watch(
    filter,
    (now, before) => {
      if (before && !source.sameScope(now, before)) items.value = []
      void reload()
    },
    { immediate: true },
  )

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

/** The head and the first page. */
async function readFirst<T, F>(source: PagedSource<T, F>, filter: F, signal: AbortSignal): Promise<Page<T>> {
  const [head, page] = await Promise.all([
    source.head?.(filter, signal) ?? [],
    source.page(filter, null, signal, PAGE_SIZE),
  ])
  return { ...page, items: [...head, ...page.items] }
}

/** At least `count` items if there are as many, in as few requests as the server allows. */
async function readSameLength<T extends { id: string }, F>(
  source: PagedSource<T, F>,
  filter: F,
  count: number,
  signal: AbortSignal,
) {
  const head = (await source.head?.(filter, signal)) ?? []
  let items: T[] = []
  let cursor: string | null = null
  do {
    const limit = Math.min(Math.max(PAGE_SIZE, count - items.length), MAX_PAGE_SIZE)
    const page: Page<T> = await source.page(filter, cursor, signal, limit)
    items = withoutDuplicates(items, page.items)
    cursor = page.next_cursor ?? null
  } while (cursor && items.length < count)
  return { items: withoutDuplicates(head, items), next_cursor: cursor }
}

/** An item that moved between two pages while they were read is in both. */
function withoutDuplicates<T extends { id: string }>(items: T[], more: T[]): T[] {
  const ids = new Set(more.map((item) => item.id))
  return [...items.filter((item) => !ids.has(item.id)), ...more]
}
