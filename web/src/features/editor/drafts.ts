// Owns what was typed and not yet acknowledged, in this browser's own database: it outlives reload,
// crash and a closed tab. One record per account, note or task, and editor, so that neither another account nor
// another tab ever meets or overwrites it. Refuses to send anything.
//
// The text is not encrypted: the page has no key that the same browser profile could not read as well.
// It goes when the server has it, and at an explicit sign-out (which warns first); it stays when a
// session merely ends, and then only the same account gets it back.
import { createStore, del, get, keys, set } from 'idb-keyval'
import { inherit, isPredecessor, PAGE_ID } from '@/lib/pages'
import { uuidv7 } from '@/lib/uuid'
import type { Kept } from './autosave'

export interface StoredDraft<D = object> extends Kept<D> {
  /** The id of what it is a draft of. */
  note: string
  /** Which noun that is; notes were the first, and say nothing. */
  kind?: string
  /** When it was written: of two drafts of one text the later is shown. */
  at: number
}

const PATIENCE_MS = 2500
const REST_MS = 10_000
let store: ReturnType<typeof createStore> | undefined
/** Drafts that have their editor in this page. */
const inUse = new Set<string>()

/** Where the browser keeps nothing (a private window may not), asking throws: that is an answer, too. */
async function database() {
  return (store ??= createStore('satchel-drafts', 'drafts'))
}

/** Keeps one editor's draft. While it does not work, the words stay in memory and the page asks before it is left. */
export class DraftKeeper<D = object> {
  readonly note: string
  private readonly kind: string
  private readonly key: string
  private wanted: Kept<D> | null = null
  private dirty = false
  private stored: boolean
  private writing: Promise<void> | undefined
  private failed = false

  constructor(owner: string, note: string, kind = 'note', key?: string) {
    this.note = note
    this.kind = kind
    this.stored = key !== undefined
    this.key = key ?? [owner, note, PAGE_ID, uuidv7()].join(' ')
    inUse.add(this.key)
  }

  /** False while this browser does not keep drafts. */
  get works(): boolean {
    return !this.failed
  }

  /** True when nothing newer than what was stored is known. */
  get settled(): boolean {
    return !this.dirty && !this.writing && !this.failed
  }

  /** Resolves when the newest is stored, or cannot be; while one is being written, newer ones wait as one. */
  put(kept: Kept<D> | null): Promise<void> {
    if (kept === null && !this.stored && !this.writing) return Promise.resolve()
    this.wanted = kept
    this.dirty = true
    return (this.writing ??= this.write().finally(() => (this.writing = undefined)))
  }

  /** Its editor is closed and leaves nothing behind. */
  release() {
    inUse.delete(this.key)
  }

  private async write() {
    while (this.dirty) {
      this.dirty = false
      try {
        const target = await database()
        if (this.wanted) await set(this.key, this.record(this.wanted), target)
        else await del(this.key, target)
        this.stored = this.wanted !== null
        this.failed = false
      } catch {
        this.failed = true
      }
    }
  }

  private record(kept: Kept<D>): StoredDraft<D> {
    return { ...kept, note: this.note, at: Date.now(), ...(this.kind === 'note' ? {} : { kind: this.kind }) }
  }
}

/** Whose shape it has, its kind tells: whoever takes it up has asked for that. */
export interface Found {
  draft: StoredDraft
  keeper: DraftKeeper
  /** It was written in this very tab. */
  own: boolean
}

/** What dead tabs left of one text: this tab's own first, then the newest; handed out once. */
export async function recoverDrafts(owner: string, note: string): Promise<Found[]> {
  let late = false
  const search = findOrphans(owner, note).catch(() => [])
  // A database that hangs must not keep a text from being opened; what it brings later waits for the next time.
  const tired = new Promise<Found[]>((resolve) => setTimeout(() => ((late = true), resolve([])), PATIENCE_MS))
  void search.then((found) => late && found.forEach(({ keeper }) => keeper.release()))
  return Promise.race([search, tired])
}

/** What dead tabs left of all texts of this account and nobody came back for: one that was just written
 *  may belong to a tab that is on its way back. */
export const recoverRest = (owner: string): Promise<Found[]> => findOrphans(owner, undefined, REST_MS).catch(() => [])

async function findOrphans(owner: string, note?: string, restMs = 0): Promise<Found[]> {
  const source = await database()
  const mine = (await keys<string>(source)).filter((key) => key.startsWith(`${owner} ${note ?? ''}`))
  const found = await Promise.all(
    mine.map(async (key): Promise<Found | undefined> => {
      const [, id = '', page = ''] = key.split(' ')
      const seen = await get<StoredDraft>(key, source)
      if (!seen || Date.now() - seen.at < restMs || !(await inherit(page))) return undefined
      const draft = await get<StoredDraft>(key, source)
      if (!draft || inUse.has(key)) return undefined
      return { draft, keeper: new DraftKeeper(owner, id, draft.kind, key), own: isPredecessor(page) }
    }),
  )
  return found
    .filter((entry) => entry !== undefined)
    .sort((a, b) => Number(b.own) - Number(a.own) || b.draft.at - a.draft.at)
}

/** Signed out on purpose: whoever sits here next must not find the text, not even with a debugger. */
export async function dropDrafts(owner: string): Promise<void> {
  try {
    for (const { keeper } of await findOrphans(owner)) {
      await keeper.put(null)
      keeper.release()
    }
  } catch {
    // Where nothing could be read, nothing was stored.
  }
}
