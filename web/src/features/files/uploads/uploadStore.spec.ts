// Specs of the stored upload queue: recovery after a reload, accounts, several tabs.
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowserLocks } from '@/testing/fakeLocks'
import type { UploadRecord } from './queue'

const ME = '0190f3a0-0000-7000-8000-00000000aaaa'
const OTHER = '0190f3a0-0000-7000-8000-00000000bbbb'
const noneKnown = () => false
const record = (key: string, change: Partial<UploadRecord> = {}): UploadRecord => ({
  key,
  fileId: key,
  url: null,
  name: `${key}.txt`,
  size: 3,
  type: 'text/plain',
  lastModified: 5,
  attachTo: null,
  paused: false,
  uploaded: false,
  createdAt: 1,
  ...change,
})

let browser: ReturnType<typeof fakeBrowserLocks>

/** Another page in the same browser: new modules, shared storage. */
async function openPage() {
  const page = {}
  vi.resetModules()
  sessionStorage.clear()
  vi.stubGlobal('navigator', { ...navigator, locks: browser.of(page) })
  return { ...(await import('./uploadStore')), close: () => browser.kill(page) }
}

beforeEach(() => {
  browser = fakeBrowserLocks()
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => void vi.unstubAllGlobals())

describe('the stored queue', () => {
  it('is recovered with its bytes after its page is closed', async () => {
    const first = await openPage()
    const store = new first.IndexedDbUploadStore(ME)
    store.put(record('b', { createdAt: 2 }))
    store.put(record('a', { url: '/uploads/a' }))
    await store.putBytes('a', new Blob(['abc']))
    first.close()
    const second = await openPage()
    const found = await second.recoverUploads(ME, noneKnown)
    expect(found.map((entry) => entry.record)).toEqual([
      record('a', { url: '/uploads/a' }),
      record('b', { createdAt: 2 }),
    ])
    expect(found[1]!.bytes).toBeUndefined()
  })

  it('is recovered only after its page is closed, and by one page', async () => {
    const first = await openPage()
    const store = new first.IndexedDbUploadStore(ME)
    store.put(record('a'))
    await store.putBytes('x', new Blob(['done']))
    const second = await openPage()
    const third = await openPage()
    expect(await second.recoverUploads(ME, noneKnown)).toEqual([])
    first.close()
    const found = [await second.recoverUploads(ME, noneKnown), await third.recoverUploads(ME, noneKnown)]
    expect(found.map((list) => list.length)).toEqual([1, 0])
  })

  it('belongs to one account', async () => {
    const first = await openPage()
    const store = new first.IndexedDbUploadStore(ME)
    store.put(record('a'))
    await store.putBytes('a', new Blob(['abc']))
    first.close()
    const second = await openPage()
    expect(await second.recoverUploads(OTHER, noneKnown)).toEqual([])
    await second.deleteUploads(ME)
    expect(await second.recoverUploads(ME, noneKnown)).toEqual([])
  })

  it('does not store files above the limit', async () => {
    const { IndexedDbUploadStore } = await openPage()
    const store = new IndexedDbUploadStore(ME, 4)
    expect(await store.putBytes('a', new Blob(['abcd']))).toBe(true)
    expect(await store.putBytes('b', new Blob(['abcde']))).toBe(false)
  })

  it('does not restore a deleted record by a late write', async () => {
    const first = await openPage()
    const store = new first.IndexedDbUploadStore(ME)
    store.put(record('a'))
    store.delete('a')
    store.put(record('a', { url: '/late' }))
    await store.putBytes('x', new Blob(['done']))
    first.close()
    const second = await openPage()
    expect(await second.recoverUploads(ME, noneKnown)).toEqual([])
  })
})
