// Owns the word going round this tab that something of one kind has changed, wherever that happened:
// another tab, another device, a batch of this one. Refuses to read anything: whoever shows something
// re-reads it.
import { getCurrentScope, onScopeDispose } from 'vue'
import { settle } from './settle'

export type Stop = () => void
export type ChangeListener = (id: string, version: number, op: string) => void

/** A change as far as this needs it. */
export interface Told {
  id: string
  version: number
  op: string
}

const QUIET_MS = 300
const LONGEST_MS = 2000
const MOST_KNOWN = 2000

export function joinAudience<T>(audience: Set<T>, listener: T): Stop {
  audience.add(listener)
  const stop = () => void audience.delete(listener)
  if (getCurrentScope()) onScopeDispose(stop)
  return stop
}

export type NewsOf = ReturnType<typeof newsOf>

/** `also` is done with everything that makes lists look again. */
export function newsOf(also: () => void = () => {}) {
  const each = new Set<ChangeListener>()
  const lists = new Set<() => void>()
  const everything = new Set<() => void>()
  /** What this tab has seen already, so that the echo of its own saves makes no work. */
  const seen = new Map<string, number>()
  const tellLists = settle(() => lists.forEach((listener) => listener()), QUIET_MS, LONGEST_MS)

  /** This tab has this version, by reading it or by saving it. */
  function known(id: string, version: number) {
    if ((seen.get(id) ?? 0) >= version) return
    seen.delete(id)
    seen.set(id, version)
    if (seen.size > MOST_KNOWN) seen.delete(seen.keys().next().value!)
  }

  function stale() {
    tellLists.ask()
    also()
  }

  /** False where this tab has seen it. */
  function tell({ id, version, op }: Told): boolean {
    if ((seen.get(id) ?? 0) >= version) return false
    known(id, version)
    each.forEach((listener) => listener(id, version, op))
    return true
  }

  return {
    known,
    /** The newest version this tab has seen; 0 where it has seen none. */
    newest: (id: string) => seen.get(id) ?? 0,
    /** There is a newer version than this tab has seen; at once, one call for each change. */
    onChange: (listener: ChangeListener): Stop => joinAudience(each, listener),
    /** Lists may be out of date; told once after many changes. */
    onStale: (listener: () => void): Stop => joinAudience(lists, listener),
    /** Nothing that was read before can be trusted: also what is open is to be looked at again. */
    onReset: (listener: () => void): Stop => joinAudience(everything, listener),
    stale: () => tellLists.ask(),
    /** This tab changed some by something other than their editor; what shows them looks again. */
    touched(changed: readonly { id: string; version: number }[] = []) {
      for (const { id, version } of changed) tell({ id, version, op: 'update' })
      stale()
    },
    take(change: Told) {
      if (tell(change)) stale()
    },
    reset() {
      seen.clear()
      everything.forEach((listener) => listener())
      stale()
    },
  }
}
