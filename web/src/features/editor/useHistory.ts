// The history of one text: its revisions page by page, the selected one, restoring and removing.
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { describeError, isAborted } from '@/api/errors'
import type { Revision, RevisionPage } from '@/api/types'
import type { Piece } from '@/lib/textDiff'

export type HistoryView = 'changes' | 'text'

/** The history endpoints of a resource. `body` is its long text, whatever the name of the field. */
export interface RevisionSource<E> {
  list: (id: string, cursor: string | null, signal?: AbortSignal) => Promise<RevisionPage>
  read: (id: string, version: number, signal?: AbortSignal) => Promise<{ title: string; body: string }>
  /** The difference to the current text, by words. */
  compare: (id: string, version: number, signal?: AbortSignal) => Promise<{ title: Piece[]; body: Piece[] }>
  restore: (id: string, version: number) => Promise<E>
  remove: (id: string, version: number) => Promise<void>
}

export interface RevisionText {
  version: number
  view: HistoryView
  title: Piece[]
  body: Piece[]
}

const unchangedPieces = (text: string): Piece[] => (text ? [{ op: 'equal', text }] : [])

export function useHistory<E extends object>(source: RevisionSource<E>, id: string) {
  const items = shallowRef<Revision[]>([])
  const nextCursor = ref<string | null>(null)
  const loading = ref<'initial' | 'more' | null>('initial')
  const error = ref('')
  const selected = ref<number | null>(null)
  const busy = ref(false)
  const disposed = new AbortController()
  const revision = computed(() => items.value.find((item) => item.version === selected.value) ?? null)

  async function load(kind: 'initial' | 'more' = 'initial') {
    loading.value = kind
    error.value = ''
    try {
      const page = await source.list(id, kind === 'more' ? nextCursor.value : null, disposed.signal)
      items.value = kind === 'more' ? [...items.value, ...page.items] : page.items
      nextCursor.value = page.next_cursor ?? null
      // The first item is the current text, which is on screen anyway: select the one before it.
      if (!revision.value) selected.value = (items.value[1] ?? items.value[0])?.version ?? null
    } catch (failure) {
      if (isAborted(failure) || disposed.signal.aborted) return
      error.value = describeError(failure)
    }
    loading.value = null
  }

  /** Resolves to the result or to an error message. */
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
    const message = await attempt(source.remove(id, version))
    if (typeof message === 'string') return message
    const index = items.value.findIndex((item) => item.version === version)
    items.value = items.value.filter((item) => item.version !== version)
    selected.value = (items.value[index] ?? items.value[index - 1])?.version ?? null
    return undefined
  }

  void load()
  onScopeDispose(() => disposed.abort())
  const hasMore = computed(() => nextCursor.value !== null)
  const text = useRevisionText(source, id, revision)
  return { items, hasMore, loading, error, selected, revision, busy, load, restore, remove, ...text }
}

/** Loads the text of the selected revision. A newer selection cancels the request of the one before it. */
function useRevisionText(
  source: Pick<RevisionSource<unknown>, 'read' | 'compare'>,
  id: string,
  revision: Readonly<Ref<Revision | null>>,
) {
  const view = ref<HistoryView>('changes')
  const shown = shallowRef<RevisionText | null>(null)
  const shownError = ref('')
  let request: AbortController | undefined

  async function loadText() {
    request?.abort()
    const target = revision.value
    shownError.value = ''
    if (!target) return void (shown.value = null)
    const { signal } = (request = new AbortController())
    const { version } = target
    // The current version has no difference to itself.
    const kind = target.current ? 'text' : view.value
    try {
      const text = await (kind === 'changes'
        ? source.compare(id, version, signal)
        : readAsPieces(source, id, version, signal))
      if (!signal.aborted) shown.value = { version, view: kind, title: text.title, body: text.body }
    } catch (failure) {
      if (isAborted(failure) || signal.aborted) return
      shown.value = null
      shownError.value = describeError(failure)
    }
  }

  watch([revision, view], loadText)
  onScopeDispose(() => request?.abort())
  return { view, shown, shownError, loadText }
}

async function readAsPieces(
  source: Pick<RevisionSource<unknown>, 'read'>,
  id: string,
  version: number,
  signal: AbortSignal,
): Promise<{ title: Piece[]; body: Piece[] }> {
  const { title, body } = await source.read(id, version, signal)
  return { title: unchangedPieces(title), body: unchangedPieces(body) }
}
