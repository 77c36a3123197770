// Owns the answer to "is that other tab of this browser still alive?", so that what a dead one left
// behind finds an heir, and exactly one. Refuses to know what was left.
import { uuidv7 } from './uuid'

/** As long as a page that is being reloaded may need to go. */
const RELOAD_MS = 1000
const BEAT_MS = 5000
/** Tabs in the background are woken once a minute at best. */
const SILENCE_MS = 180_000

/** One per load of the page: a duplicated tab is another one. */
export const PAGE_ID = uuidv7()
const IN_THIS_TAB = 'satchel.pages'
/** Who was loaded in this very tab before, and whose heir that was. A duplicated tab is told the same:
 *  it finds them alive. */
const predecessors = new Set(read('sessionStorage', IN_THIS_TAB)?.split(' '))
type Area = 'localStorage' | 'sessionStorage'
const name = (id: string) => `satchel.page.${id}`
const inherited = new Map<string, Promise<boolean>>()
const locks = navigator.locks as LockManager | undefined

if (locks) void hold(PAGE_ID)
else beat()
write('sessionStorage', IN_THIS_TAB, PAGE_ID)

/** Of several heirs of one text this tab's own predecessor is the one that people look at. */
export const isPredecessor = (id: string) => predecessors.has(id)

/**
 * True when that page is gone; what was its is this page's from then on. A page that is being reloaded
 * needs a moment to go: its successor waits, and nobody else, who would come first.
 */
export function inherit(id: string): Promise<boolean> {
  const known = inherited.get(id)
  if (known) return known
  if (id === PAGE_ID) return Promise.resolve(false)
  const answer = locks ? hold(id, isPredecessor(id) ? RELOAD_MS : 0) : Promise.resolve(takeOverSilent(id))
  inherited.set(id, answer)
  void answer.then((gone) => {
    if (gone) write('sessionStorage', IN_THIS_TAB, [PAGE_ID, ...inherited.keys()].join(' '))
    else inherited.delete(id)
  })
  return answer
}

/** The lock is kept until this page goes, too. */
function hold(id: string, waitMs?: number): Promise<boolean> {
  return new Promise((resolve) => {
    const forEver = (lock: Lock | null) => {
      resolve(lock !== null)
      return lock && new Promise(() => {})
    }
    // The two wishes exclude each other: not to wait, and to give up waiting.
    const options =
      waitMs === 0 ? { ifAvailable: true } : waitMs === undefined ? {} : { signal: AbortSignal.timeout(waitMs) }
    locks!.request(name(id), options, forEver).catch(() => resolve(false))
  })
}

/** Plain http has no locks: each page leaves the time of its last sign of life instead. */
function beat() {
  const sign = () => {
    for (const id of [PAGE_ID, ...inherited.keys()]) write('localStorage', name(id), String(Date.now()))
  }
  sign()
  setInterval(sign, BEAT_MS)
  window.addEventListener('pagehide', () => {
    for (const id of [PAGE_ID, ...inherited.keys()]) write('localStorage', name(id), null)
  })
  // Back from the browser's memory after others may have become heirs: start afresh.
  window.addEventListener('pageshow', (event) => event.persisted && location.reload())
}

function takeOverSilent(id: string): boolean {
  const last = Number(read('localStorage', name(id)) ?? 0)
  if (Date.now() - last < SILENCE_MS) return false
  write('localStorage', name(id), String(Date.now()))
  return true
}

function read(storage: Area, key: string): string | null {
  try {
    return window[storage].getItem(key)
  } catch {
    return null
  }
}

function write(storage: Area, key: string, value: string | null) {
  try {
    if (value === null) window[storage].removeItem(key)
    else window[storage].setItem(key, value)
  } catch {
    // Where nothing can be stored, no draft was stored either.
  }
}
