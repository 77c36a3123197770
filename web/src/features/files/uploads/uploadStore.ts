// Owns the queue of uploads in this browser's own database: it outlives reload and crash, each record under its
// account, with the bytes of files that are not too big. Refuses to send anything, and records that another living
// tab drives.
import { createStore, del, delMany, get, keys, set } from 'idb-keyval'
import { inherit, PAGE_ID } from '@/lib/pages'
import type { UploadStore, UploadRecord } from './queue'

/** Bigger ones are asked for again: a browser's database is no disk. */
export const LARGEST_KEPT = 256 * 1024 * 1024

interface StoredUpload extends UploadRecord {
  page: string
}

export interface FoundUpload {
  record: UploadRecord
  bytes: Blob | undefined
}

let store: ReturnType<typeof createStore> | undefined
/** Where the browser keeps nothing (a private window may not), asking throws: that is an answer, too. */
const database = () => Promise.resolve().then(() => (store ??= createStore('satchel-uploads', 'uploads')))

const recordKey = (owner: string, key: string) => `${owner} ${key}`
const bytesKey = (owner: string, key: string) => `${owner} ${key} bytes`

/** Writes one after the other, so that what is dropped does not come back by a slower write. */
export class IndexedDbUploadStore implements UploadStore {
  private work: Promise<unknown> = Promise.resolve()
  private readonly dropped = new Set<string>()

  constructor(
    private readonly owner: string,
    private readonly largest = LARGEST_KEPT,
  ) {}

  put(record: UploadRecord) {
    void this.write(record.key, async (target) =>
      set(recordKey(this.owner, record.key), { ...record, page: PAGE_ID } satisfies StoredUpload, target),
    )
  }

  putBytes(key: string, bytes: Blob): Promise<boolean> {
    if (bytes.size > this.largest) return Promise.resolve(false)
    return this.write(key, (target) => set(bytesKey(this.owner, key), bytes, target))
  }

  drop(key: string) {
    void this.write(key, (target) => delMany([recordKey(this.owner, key), bytesKey(this.owner, key)], target))
    this.dropped.add(key)
  }

  private write(key: string, act: (target: ReturnType<typeof createStore>) => Promise<unknown>): Promise<boolean> {
    if (this.dropped.has(key)) return Promise.resolve(false)
    const done = this.work.then(async () => {
      try {
        await act(await database())
        return true
      } catch {
        // What is not kept is asked for again after a reload, or begun anew.
        return false
      }
    })
    this.work = done
    return done
  }
}

/** What dead tabs left; each goes to exactly one heir. */
export async function recoverUploads(owner: string, known: (key: string) => boolean): Promise<FoundUpload[]> {
  try {
    const source = await database()
    const names = (await keys<string>(source)).filter(
      (name) => name.startsWith(`${owner} `) && name.split(' ').length === 2,
    )
    const found = await Promise.all(names.map((name) => recover(owner, name, known, source)))
    return found.filter((entry) => entry !== undefined).sort((a, b) => a.record.at - b.record.at)
  } catch {
    return []
  }
}

async function recover(
  owner: string,
  name: string,
  known: (key: string) => boolean,
  source: ReturnType<typeof createStore>,
): Promise<FoundUpload | undefined> {
  const seen = await get<StoredUpload>(name, source)
  if (!seen || known(seen.key) || seen.page === PAGE_ID || !(await inherit(seen.page))) return undefined
  // The tab that died may have finished it in its last moment.
  const stored = await get<StoredUpload>(name, source)
  if (!stored || known(stored.key)) return undefined
  const { page: _, ...record } = stored
  const bytes = await get<Blob>(bytesKey(owner, stored.key), source).catch(() => undefined)
  return { record, bytes: bytes?.size === record.size ? asFile(bytes, record) : undefined }
}

const asFile = (bytes: Blob, { name, type, lastModified }: UploadRecord) =>
  new File([bytes], name, { type, lastModified })

/** Signed out on purpose: whoever sits here next must not find the files. */
export async function deleteUploads(owner: string): Promise<void> {
  try {
    const source = await database()
    const mine = (await keys<string>(source)).filter((name) => name.startsWith(`${owner} `))
    await Promise.all(mine.map((name) => del(name, source)))
  } catch {
    // Where nothing could be read, nothing was stored.
  }
}
