// Stores the upload queue in IndexedDB, so that it survives a reload or a crash. Records belong to one account and to the
// page that created them; another page recovers them after that page is closed.

import { createStore, del, delMany, get, keys, set } from 'idb-keyval'
import { adoptPage, PAGE_ID } from '@/lib/pageLock'
import type { UploadStore, UploadRecord } from './queue'

/** The bytes of larger files are not stored; the user selects the file again. */
export const MAX_STORED_BYTES = 256 * 1024 * 1024

interface StoredUpload extends UploadRecord {
  page: string
}

export interface RecoveredUpload {
  record: UploadRecord
  bytes: Blob | undefined
}

let store: ReturnType<typeof createStore> | undefined
/** Rejects if the browser has no database, for example in some private windows. */
const database = () => Promise.resolve().then(() => (store ??= createStore('satchel-uploads', 'uploads')))

const recordKey = (owner: string, key: string) => `${owner} ${key}`
const bytesKey = (owner: string, key: string) => `${owner} ${key} bytes`

/** Writes are sequential, so that a slow write does not restore a deleted record. */
export class IndexedDbUploadStore implements UploadStore {
  private lastWrite: Promise<unknown> = Promise.resolve()
  private readonly deleted = new Set<string>()

  constructor(
    private readonly owner: string,
    private readonly maxBytes = MAX_STORED_BYTES,
  ) {}

  put(record: UploadRecord) {
    void this.write(record.key, async (target) =>
      set(recordKey(this.owner, record.key), { ...record, page: PAGE_ID } satisfies StoredUpload, target),
    )
  }

  putBytes(key: string, bytes: Blob): Promise<boolean> {
    if (bytes.size > this.maxBytes) return Promise.resolve(false)
    return this.write(key, (target) => set(bytesKey(this.owner, key), bytes, target))
  }

  delete(key: string) {
    void this.write(key, (target) => delMany([recordKey(this.owner, key), bytesKey(this.owner, key)], target))
    this.deleted.add(key)
  }

  private write(
    key: string,
    operation: (target: ReturnType<typeof createStore>) => Promise<unknown>,
  ): Promise<boolean> {
    if (this.deleted.has(key)) return Promise.resolve(false)
    const done = this.lastWrite.then(async () => {
      try {
        await operation(await database())
        return true
      } catch {
        // Without a stored record the upload does not survive a reload.
        return false
      }
    })
    this.lastWrite = done
    return done
  }
}

/** The uploads of closed pages. Each is recovered by exactly one page. */
export async function recoverUploads(owner: string, known: (key: string) => boolean): Promise<RecoveredUpload[]> {
  try {
    const source = await database()
    const names = (await keys<string>(source)).filter(
      (name) => name.startsWith(`${owner} `) && name.split(' ').length === 2,
    )
    const recovered = await Promise.all(names.map((name) => recover(owner, name, known, source)))
    return recovered.filter((entry) => entry !== undefined).sort((a, b) => a.record.createdAt - b.record.createdAt)
  } catch {
    return []
  }
}

async function recover(
  owner: string,
  name: string,
  known: (key: string) => boolean,
  source: ReturnType<typeof createStore>,
): Promise<RecoveredUpload | undefined> {
  const found = await get<StoredUpload>(name, source)
  if (!found || known(found.key) || found.page === PAGE_ID || !(await adoptPage(found.page))) return undefined
  // Read again: the closed page may have finished it since.
  const stored = await get<StoredUpload>(name, source)
  if (!stored || known(stored.key)) return undefined
  const { page: _, ...record } = stored
  const bytes = await get<Blob>(bytesKey(owner, stored.key), source).catch(() => undefined)
  return { record, bytes: bytes?.size === record.size ? asFile(bytes, record) : undefined }
}

const asFile = (bytes: Blob, { name, type, lastModified }: UploadRecord) =>
  new File([bytes], name, { type, lastModified })

/** At sign-out: the next user of this browser must not find the files. */
export async function deleteUploads(owner: string): Promise<void> {
  try {
    const source = await database()
    const mine = (await keys<string>(source)).filter((name) => name.startsWith(`${owner} `))
    await Promise.all(mine.map((name) => del(name, source)))
  } catch {
    // Without a database nothing is stored.
  }
}
