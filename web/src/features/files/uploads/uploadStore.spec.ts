// Owns the promises of the kept queue: it outlives its page, belongs to one account, and one living tab alone goes on
// with it. Refuses the network.
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowserLocks } from '@/testing/fakeLocks'
import type { UploadRecord } from './queue'

const ME = '0190f3a0-0000-7000-8000-00000000aaaa'
const OTHER = '0190f3a0-0000-7000-8000-00000000bbbb'
const nobody = () => false
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
  at: 1,
  ...change,
})

let browser: ReturnType<typeof fakeBrowserLocks>

/** Another load of the page in the same browser: all modules anew, storage shared. */
async function openPage() {
  const page = {}
  vi.resetModules()
  sessionStorage.clear()
  vi.stubGlobal('navigator', { ...navigator, locks: browser.of(page) })
  return { ...(await import('./uploadStore')), die: () => browser.kill(page) }
}

beforeEach(() => {
  browser = fakeBrowserLocks()
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => void vi.unstubAllGlobals())

describe('the kept queue', () => {
  it('is taken over by the next page, with its bytes, when its own is gone', async () => {
    const first = await openPage()
    const keeper = new first.IndexedDbUploadStore(ME)
    keeper.put(record('b', { at: 2 }))
    keeper.put(record('a', { url: '/uploads/a' }))
    await keeper.putBytes('a', new Blob(['abc']))
    first.die()
    const second = await openPage()
    const found = await second.recoverUploads(ME, nobody)
    expect(found.map((entry) => entry.record)).toEqual([record('a', { url: '/uploads/a' }), record('b', { at: 2 })])
    expect(found[1]!.bytes).toBeUndefined()
  })

  it('is left alone while its page lives, and goes to one heir', async () => {
    const first = await openPage()
    const keeper = new first.IndexedDbUploadStore(ME)
    keeper.put(record('a'))
    await keeper.putBytes('x', new Blob(['settled']))
    const second = await openPage()
    const third = await openPage()
    expect(await second.recoverUploads(ME, nobody)).toEqual([])
    first.die()
    const found = [await second.recoverUploads(ME, nobody), await third.recoverUploads(ME, nobody)]
    expect(found.map((list) => list.length)).toEqual([1, 0])
  })

  it('belongs to one account', async () => {
    const first = await openPage()
    const keeper = new first.IndexedDbUploadStore(ME)
    keeper.put(record('a'))
    await keeper.putBytes('a', new Blob(['abc']))
    first.die()
    const second = await openPage()
    expect(await second.recoverUploads(OTHER, nobody)).toEqual([])
    await second.deleteUploads(ME)
    expect(await second.recoverUploads(ME, nobody)).toEqual([])
  })

  it('does not keep what is too big, and says so', async () => {
    const { IndexedDbUploadStore } = await openPage()
    const keeper = new IndexedDbUploadStore(ME, 4)
    expect(await keeper.putBytes('a', new Blob(['abcd']))).toBe(true)
    expect(await keeper.putBytes('b', new Blob(['abcde']))).toBe(false)
  })

  it('does not bring back what was dropped, however late a write comes', async () => {
    const first = await openPage()
    const keeper = new first.IndexedDbUploadStore(ME)
    keeper.put(record('a'))
    keeper.drop('a')
    keeper.put(record('a', { url: '/late' }))
    await keeper.putBytes('x', new Blob(['settled']))
    first.die()
    const second = await openPage()
    expect(await second.recoverUploads(ME, nobody)).toEqual([])
  })
})
