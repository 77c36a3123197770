// Page ids and the locks that show which pages of this browser are still open. Data that a closed page left behind, such
// as a draft or an upload, is adopted by exactly one other page.
import { uuidv7 } from './uuid'

/** How long a page that is being reloaded may hold its lock. */
const RELOAD_MS = 1000
const HEARTBEAT_MS = 5000
/** Timers of background tabs run as rarely as once a minute. */
const MAX_SILENCE_MS = 180_000

/** One per load of the page; a duplicated tab has its own. */
export const PAGE_ID = uuidv7()
const TAB_KEY = 'satchel.pages'
/** The pages loaded in this tab before this one, and those they adopted. A duplicated tab has the same list, but finds
 *  them open. */
const predecessors = new Set(read('sessionStorage', TAB_KEY)?.split(' '))
type StorageName = 'localStorage' | 'sessionStorage'
const keyOf = (id: string) => `satchel.page.${id}`
const adopted = new Map<string, Promise<boolean>>()
const locks = navigator.locks as LockManager | undefined

if (locks) void acquire(PAGE_ID)
else startHeartbeat()
write('sessionStorage', TAB_KEY, PAGE_ID)

/** If several pages left a draft of the same text, the one of this tab is preferred. */
export const isPredecessor = (id: string) => predecessors.has(id)

/**
 * Resolves to true if that page is closed; its data then belongs to this page. Only a page of the same tab waits for it
 * to close: others do not wait and so cannot overtake the page that is being reloaded.
 */
export function adoptPage(id: string): Promise<boolean> {
  const known = adopted.get(id)
  if (known) return known
  if (id === PAGE_ID) return Promise.resolve(false)
  const result = locks ? acquire(id, isPredecessor(id) ? RELOAD_MS : 0) : Promise.resolve(adoptIfSilent(id))
  adopted.set(id, result)
  void result.then((closed) => {
    if (closed) write('sessionStorage', TAB_KEY, [PAGE_ID, ...adopted.keys()].join(' '))
    else adopted.delete(id)
  })
  return result
}

/** The lock is kept until this page is closed. */
function acquire(id: string, waitMs?: number): Promise<boolean> {
  return new Promise((resolve) => {
    const keep = (lock: Lock | null) => {
      resolve(lock !== null)
      return lock && new Promise(() => {})
    }
    // `ifAvailable` and `signal` exclude each other.
    const options =
      waitMs === 0 ? { ifAvailable: true } : waitMs === undefined ? {} : { signal: AbortSignal.timeout(waitMs) }
    locks!.request(keyOf(id), options, keep).catch(() => resolve(false))
  })
}

/** Web Locks need a secure context. On plain HTTP each page stores the time of its last heartbeat. */
function startHeartbeat() {
  const beat = () => {
    for (const id of [PAGE_ID, ...adopted.keys()]) write('localStorage', keyOf(id), String(Date.now()))
  }
  beat()
  setInterval(beat, HEARTBEAT_MS)
  window.addEventListener('pagehide', () => {
    for (const id of [PAGE_ID, ...adopted.keys()]) write('localStorage', keyOf(id), null)
  })
  // A page restored from the back/forward cache may have been adopted.
  window.addEventListener('pageshow', (event) => event.persisted && location.reload())
}

function adoptIfSilent(id: string): boolean {
  const lastBeat = Number(read('localStorage', keyOf(id)) ?? 0)
  if (Date.now() - lastBeat < MAX_SILENCE_MS) return false
  write('localStorage', keyOf(id), String(Date.now()))
  return true
}

function read(storage: StorageName, key: string): string | null {
  try {
    return window[storage].getItem(key)
  } catch {
    return null
  }
}

function write(storage: StorageName, key: string, value: string | null) {
  try {
    if (value === null) window[storage].removeItem(key)
    else window[storage].setItem(key, value)
  } catch {
    // If nothing can be stored, there are no drafts either.
  }
}
