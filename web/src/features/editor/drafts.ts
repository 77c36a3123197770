// Stores drafts in IndexedDB until the server has them: they survive a reload, a crash and a closed tab.
//
// One record per account, text and editor. The key starts with the account, so no other account of this browser reads it;
// it contains the page, so two tabs with the same text do not overwrite each other. A draft whose page is closed is an
// orphan: any page of the account may take it over, and the page lock (`lib/pageLock.ts`) makes sure that only one does.
//
// The text is not encrypted: the page has no key that other code in the same browser profile could not read as well.
// Records are deleted when the server has the text, and at an explicit sign-out, which warns first. They stay when a
// session expires, for the same account.
import { createStore, del, get, keys, set } from 'idb-keyval'
import { adoptPage, isPredecessor, PAGE_ID } from '@/lib/pageLock'
import { uuidv7 } from '@/lib/uuid'
import type { DraftState, DraftStore } from './draftState'
import type { ResourceName } from './resource'

export interface StoredDraft<D = object> extends DraftState<D> {
  entityId: string
  resource: ResourceName
  /** Of two drafts of one text the later is shown. */
  savedAt: number
}

export interface OrphanDraft {
  draft: StoredDraft
  store: IndexedDbDraft
  /** It was written in this tab, before a reload. */
  ownTab: boolean
}

interface DraftKey {
  ownerId: string
  entityId: string
  resource: ResourceName
  /** The key of an orphan that is taken over. */
  key?: string
}

const READ_TIMEOUT_MS = 2500
/** A younger draft may belong to a tab that is being reloaded. */
const MIN_ORPHAN_AGE_MS = 10_000
let database: ReturnType<typeof createStore> | undefined
/** Keys of the drafts with an editor in this page. */
const inUse = new Set<string>()

/** Throws where the browser has no storage, in some private windows. */
async function openDatabase() {
  return (database ??= createStore('satchel-drafts', 'drafts'))
}

/** The draft of one editor. */
export class IndexedDbDraft<D = object> implements DraftStore<D> {
  private readonly entityId: string
  private readonly resource: ResourceName
  private readonly key: string
  private pending: DraftState<D> | null = null
  private dirty = false
  private stored: boolean
  private writing: Promise<void> | undefined
  private failed = false

  constructor({ ownerId, entityId, resource, key }: DraftKey) {
    this.entityId = entityId
    this.resource = resource
    this.stored = key !== undefined
    this.key = key ?? [ownerId, entityId, PAGE_ID, uuidv7()].join(' ')
    inUse.add(this.key)
  }

  get available(): boolean {
    return !this.failed
  }

  get upToDate(): boolean {
    return !this.dirty && !this.writing && !this.failed
  }

  /** States that arrive during a write are skipped except the last. */
  put(state: DraftState<D> | null): Promise<void> {
    if (state === null && !this.stored && !this.writing) return Promise.resolve()
    this.pending = state
    this.dirty = true
    return (this.writing ??= this.write().finally(() => (this.writing = undefined)))
  }

  release() {
    inUse.delete(this.key)
  }

  private async write() {
    while (this.dirty) {
      this.dirty = false
      try {
        const target = await openDatabase()
        if (this.pending) await set(this.key, this.record(this.pending), target)
        else await del(this.key, target)
        this.stored = this.pending !== null
        this.failed = false
      } catch {
        this.failed = true
      }
    }
  }

  private record(state: DraftState<D>): StoredDraft<D> {
    return { ...state, entityId: this.entityId, resource: this.resource, savedAt: Date.now() }
  }
}

/** Takes over the orphan drafts of one text: this tab's own first, then the newest. */
export async function takeOrphans(ownerId: string, entityId: string): Promise<OrphanDraft[]> {
  let timedOut = false
  const search = findOrphans(ownerId, entityId).catch(() => [])
  // A database that does not answer must not prevent opening the text. Drafts found later are left for the next time.
  const timeout = new Promise<OrphanDraft[]>((resolve) =>
    setTimeout(() => ((timedOut = true), resolve([])), READ_TIMEOUT_MS),
  )
  void search.then((found) => timedOut && found.forEach(({ store }) => store.release()))
  return Promise.race([search, timeout])
}

/** Takes over the orphan drafts of all texts of the account. */
export const takeAllOrphans = (ownerId: string): Promise<OrphanDraft[]> =>
  findOrphans(ownerId, undefined, MIN_ORPHAN_AGE_MS).catch(() => [])

async function findOrphans(ownerId: string, entityId?: string, minAgeMs = 0): Promise<OrphanDraft[]> {
  const source = await openDatabase()
  const candidates = (await keys<string>(source)).filter((key) => key.startsWith(`${ownerId} ${entityId ?? ''}`))
  const found = await Promise.all(
    candidates.map(async (key): Promise<OrphanDraft | undefined> => {
      const [, id = '', page = ''] = key.split(' ')
      const seen = await get<StoredDraft>(key, source)
      if (!seen || Date.now() - seen.savedAt < minAgeMs || !(await adoptPage(page))) return undefined
      // Read again: the other page may have changed or deleted it before it was closed.
      const draft = await get<StoredDraft>(key, source)
      if (!draft || inUse.has(key)) return undefined
      const store = new IndexedDbDraft({ ownerId, entityId: id, resource: draft.resource, key })
      return { draft, store, ownTab: isPredecessor(page) }
    }),
  )
  return found
    .filter((orphan) => orphan !== undefined)
    .sort((a, b) => Number(b.ownTab) - Number(a.ownTab) || b.draft.savedAt - a.draft.savedAt)
}

/** At an explicit sign-out: the next user of this browser must not find the text. */
export async function deleteDrafts(ownerId: string): Promise<void> {
  try {
    for (const { store } of await findOrphans(ownerId)) {
      await store.put(null)
      store.release()
    }
  } catch {
    // A database that cannot be read was not written either.
  }
}
