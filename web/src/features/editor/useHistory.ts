// Owns the history of one text: its revisions page by page, the one that is looked at, going back to it.
// Refuses the editor: what is restored is handed to it.
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { describeError, isAborted } from '@/api/errors'
import type { Revision, RevisionPage } from '@/api/types'
import type { Piece } from '@/lib/textDiff'

export type HistoryView = 'changes' | 'text'

/** The endpoints of one noun's history, whatever it calls its long text. */
export interface RevisionSource<E> {
  list: (id: string, cursor: string | null, signal?: AbortSignal) => Promise<RevisionPage>
  read: (id: string, version: number, signal?: AbortSignal) => Promise<{ title: string; body: string }>
  /** What was changed since then, by words. */
  compare: (id: string, version: number, signal?: AbortSignal) => Promise<{ title: Piece[]; body: Piece[] }>
  restore: (id: string, version: number) => Promise<E>
  remove: (id: string, version: number) => Promise<void>
}

/** What is shown of a revision: its words as they were, or how they differ from the text now. */
export interface RevisionShown {
  version: number
  view: HistoryView
  title: Piece[]
  body: Piece[]
}

const whole = (text: string): Piece[] => (text ? [{ op: 'equal', text }] : [])

export function useHistory<E extends object>(source: RevisionSource<E>, id: string) {
  const items = shallowRef<Revision[]>([])
  const nextCursor = ref<string | null>(null)
  const loading = ref<'first' | 'more' | null>('first')
  const error = ref('')
  const selected = ref<number | null>(null)
  const busy = ref(false)
  const gone = new AbortController()
  const revision = computed(() => items.value.find((item) => item.version === selected.value) ?? null)

  async function load(kind: 'first' | 'more' = 'first') {
    loading.value = kind
    error.value = ''
    try {
      const page = await source.list(id, kind === 'more' ? nextCursor.value : null, gone.signal)
      items.value = kind === 'more' ? [...items.value, ...page.items] : page.items
      nextCursor.value = page.next_cursor ?? null
      // The present text is known; what people come for is the one before.
      if (!revision.value) selected.value = (items.value[1] ?? items.value[0])?.version ?? null
    } catch (failure) {
      if (isAborted(failure) || gone.signal.aborted) return
      error.value = describeError(failure)
    }
    loading.value = null
  }

  /** What came of it, or the sentence that says why nothing did. */
  async function attempt<T>(work: Promise<T>): Promise<T | string> {
    busy.value = true
    try {
      return await work
    } catch (failure) {
      return describeError(failure)
    } finally {
      busy.value = false
    }
  }

  const restore = (version: number): Promise<E | string> => attempt(source.restore(id, version))

  async function remove(version: number): Promise<string | undefined> {
    const failure = await attempt(source.remove(id, version))
    if (typeof failure === 'string') return failure
    const index = items.value.findIndex((item) => item.version === version)
    items.value = items.value.filter((item) => item.version !== version)
    selected.value = (items.value[index] ?? items.value[index - 1])?.version ?? null
    return undefined
  }

  void load()
  onScopeDispose(() => gone.abort())
  const hasMore = computed(() => nextCursor.value !== null)
  return {
    items,
    hasMore,
    loading,
    error,
    selected,
    revision,
    busy,
    load,
    restore,
    remove,
    ...useRevisionText(source, id, revision),
  }
}

/** The words of the revision that is looked at. The newest wish wins. */
function useRevisionText(
  source: Pick<RevisionSource<unknown>, 'read' | 'compare'>,
  id: string,
  revision: Readonly<Ref<Revision | null>>,
) {
  const view = ref<HistoryView>('changes')
  const shown = shallowRef<RevisionShown | null>(null)
  const shownError = ref('')
  let request: AbortController | undefined

  async function look() {
    request?.abort()
    const wanted = revision.value
    shownError.value = ''
    if (!wanted) return void (shown.value = null)
    const mine = (request = new AbortController())
    const { version } = wanted
    // The present text differs in nothing from itself.
    const kind = wanted.current ? 'text' : view.value
    try {
      const read = await (kind === 'changes'
        ? source.compare(id, version, mine.signal)
        : readWhole(source, id, version, mine.signal))
      if (!mine.signal.aborted) shown.value = { version, view: kind, title: read.title, body: read.body }
    } catch (failure) {
      if (isAborted(failure) || mine.signal.aborted) return
      shown.value = null
      shownError.value = describeError(failure)
    }
  }

  watch([revision, view], look)
  onScopeDispose(() => request?.abort())
  return { view, shown, shownError, look }
}

async function readWhole(
  source: Pick<RevisionSource<unknown>, 'read'>,
  id: string,
  version: number,
  signal: AbortSignal,
): Promise<{ title: Piece[]; body: Piece[] }> {
  const { title, body } = await source.read(id, version, signal)
  return { title: whole(title), body: whole(body) }
}
