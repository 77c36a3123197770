// Change bus of one entity kind: notifies the components of this tab of changed documents, in this tab, another tab or
// on another device. It carries ids and versions only; the listeners read the documents again.
import { useDebounceFn } from '@vueuse/core'
import { getCurrentScope, onScopeDispose } from 'vue'

export type Unsubscribe = () => void
export type ChangeListener = (id: string, version: number, op: string) => void

export interface ChangedDocument {
  id: string
  version: number
}

export interface ChangeEvent extends ChangedDocument {
  op: string
}

const STALE_DEBOUNCE_MS = 300
const STALE_MAX_WAIT_MS = 2000
const MAX_SEEN = 2000

/** Ends with the current effect scope, if there is one. */
export function addListener<T>(listeners: Set<T>, listener: T): Unsubscribe {
  listeners.add(listener)
  const unsubscribe = () => void listeners.delete(listener)
  if (getCurrentScope()) onScopeDispose(unsubscribe)
  return unsubscribe
}

export type ChangeBus = ReturnType<typeof createChangeBus>

/** `onEmit` runs with every change that makes lists stale. */
export function createChangeBus(onEmit: () => void = () => {}) {
  const changeListeners = new Set<ChangeListener>()
  const staleListeners = new Set<() => void>()
  const resetListeners = new Set<() => void>()
  // The server also sends the changes that this tab made. Without these versions every save would be followed by a
  // read of the same document and of all lists.
  const seen = new Map<string, number>()
  const notifyStale = useDebounceFn(() => staleListeners.forEach((listener) => listener()), STALE_DEBOUNCE_MS, {
    maxWait: STALE_MAX_WAIT_MS,
  })

  const seenVersion = (id: string) => seen.get(id) ?? 0

  function markSeen(id: string, version: number) {
    if (seenVersion(id) >= version) return
    seen.delete(id)
    seen.set(id, version)
    if (seen.size > MAX_SEEN) seen.delete(seen.keys().next().value!)
  }

  function markStale() {
    void notifyStale()
    onEmit()
  }

  /** Returns false for a version that this tab has seen. */
  function notifyChange({ id, version, op }: ChangeEvent): boolean {
    if (seenVersion(id) >= version) return false
    markSeen(id, version)
    changeListeners.forEach((listener) => listener(id, version, op))
    return true
  }

  return {
    /** Records that this tab has read or saved this version. */
    markSeen,
    /** 0 if this tab has seen no version. */
    seenVersion,
    /** Called at once for every version that is newer than the one seen. */
    onChange: (listener: ChangeListener) => addListener(changeListeners, listener),
    /** Lists may be out of date. Debounced: one call after many changes. */
    onStale: (listener: () => void) => addListener(staleListeners, listener),
    /** Changes may have been missed: open documents must be read again too. */
    onReset: (listener: () => void) => addListener(resetListeners, listener),
    markStale: () => void notifyStale(),
    /** Publishes changes that this tab made other than by an editor, a batch for example. */
    emit(changed: readonly ChangedDocument[] = []) {
      for (const { id, version } of changed) notifyChange({ id, version, op: 'update' })
      markStale()
    },
    /** Publishes a change that the server reported. */
    apply(change: ChangeEvent) {
      if (notifyChange(change)) markStale()
    },
    reset() {
      seen.clear()
      resetListeners.forEach((listener) => listener())
      markStale()
    },
  }
}
