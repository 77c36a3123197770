// The change buses of the page: one for each of notes, tasks and files, and a signal for the collections (notebooks, task
// lists, tags, saved views). `feed.ts` connects them to the server.
import { useDebounceFn } from '@vueuse/core'
import type { BatchKind, Change } from '@/api/types'
import { addListener, createChangeBus, type ChangedDocument } from './bus'

const COLLECTIONS_DEBOUNCE_MS = 800
const COLLECTIONS_MAX_WAIT_MS = 5000

const collectionListeners = new Set<() => void>()
const notifyCollections = useDebounceFn(
  () => collectionListeners.forEach((listener) => listener()),
  COLLECTIONS_DEBOUNCE_MS,
  { maxWait: COLLECTIONS_MAX_WAIT_MS },
)

// A changed document may change the counts of its collections.
export const noteChanges = createChangeBus(notifyCollections)
export const taskChanges = createChangeBus(notifyCollections)
export const fileChanges = createChangeBus(notifyCollections)
const BUSES = new Map([
  ['note', noteChanges],
  ['task', taskChanges],
  ['file', fileChanges],
])

/** Publishes what a batch of this kind changed. */
export const emitChanges = (kind: BatchKind, changed: readonly ChangedDocument[] = []) => BUSES.get(kind)?.emit(changed)

/** Collections, their names or counts, may be out of date. Debounced. */
export const onCollectionsStale = (listener: () => void) => addListener(collectionListeners, listener)

/** Publishes that this tab changed a collection. */
export const emitCollectionChange = () => void notifyCollections()

/** Publishes a change that the server reported. */
export function applyChange(change: Change) {
  const bus = BUSES.get(change.kind)
  if (bus) return bus.apply(change)
  void notifyCollections()
  // Rows of lists show the names of their tags.
  if (change.kind === 'tag') BUSES.forEach((each) => each.markStale())
}

/** All lists may be out of date. */
export const refreshAll = () => BUSES.forEach((bus) => bus.emit())

/** Changes may have been missed: everything that was read must be read again. */
export const resetAll = () => BUSES.forEach((bus) => bus.reset())
