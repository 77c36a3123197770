// Specs of the upload queue: slots, order, retries per kind of failure, and recovered uploads.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UploadQueue, type Failure, type QueueOptions, type SendEvents, type UploadRecord } from './queue'

const file = (name: string, size = 10) => new File(['x'.repeat(size)], name, { type: 'text/plain', lastModified: 5 })

interface Attempt extends SendEvents {
  upload: UploadRecord
  aborted: boolean
}

function start(change: Partial<QueueOptions> = {}) {
  const attempts: Attempt[] = []
  const store = {
    put: vi.fn<(record: UploadRecord) => void>(),
    putBytes: vi.fn((_: string, __: Blob) => Promise.resolve(true)),
    delete: vi.fn<(key: string) => void>(),
  }
  const attach = vi.fn((_: string, __: string) => Promise.resolve())
  const terminate = vi.fn((_: string) => Promise.resolve())
  const queue = new UploadQueue({
    send(upload, _, events) {
      const attempt: Attempt = { ...events, upload: { ...upload }, aborted: false }
      attempts.push(attempt)
      return () => (attempt.aborted = true)
    },
    attach,
    terminate,
    classifyError: (error) => error as Failure,
    store,
    urlOf: (id) => `/uploads/${id}`,
    onChange() {},
    onDone() {},
    ...change,
  })
  const phases = () => queue.uploads.map((upload) => upload.phase)
  return { queue, attempts, store, attach, terminate, phases, latest: () => attempts.at(-1)! }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the upload queue', () => {
  it('sends three at once, and the next one when one is finished', async () => {
    const { queue, attempts, phases } = start()
    queue.add(['a', 'b', 'c', 'd', 'e'].map((name) => file(name)))
    expect(phases()).toEqual(['sending', 'sending', 'sending', 'waiting', 'waiting'])
    attempts[1]!.done()
    await vi.advanceTimersByTimeAsync(0)
    expect(phases()).toEqual(['sending', 'done', 'sending', 'sending', 'waiting'])
    expect(attempts.map(({ upload }) => upload.name)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('frees the slot of a paused upload, and resumes it at its URL', () => {
    const { queue, attempts, phases } = start()
    const [first] = queue.add(['a', 'b', 'c', 'd'].map((name) => file(name)))
    attempts[0]!.created('/uploads/1')
    queue.pause(first!)
    expect(attempts[0]!.aborted).toBe(true)
    expect(phases()).toEqual(['paused', 'sending', 'sending', 'sending'])
    // Events of an aborted attempt are ignored.
    attempts[0]!.done()
    expect(phases()[0]).toBe('paused')
    queue.resume(first!)
    expect(phases()[0]).toBe('waiting')
    attempts[1]!.failed({ kind: 'rejected', reason: 'no' })
    expect(attempts.at(-1)!.upload).toMatchObject({ name: 'a', url: '/uploads/1' })
  })

  it('retries after a network error with increasing delays', async () => {
    const { queue, attempts, phases, latest } = start()
    queue.add([file('a')])
    for (const round of [1, 2, 3]) {
      latest().failed({ kind: 'network' })
      expect(phases()).toEqual(['retrying'])
      await vi.advanceTimersByTimeAsync(700 * 2 ** (round - 1))
      expect(attempts).toHaveLength(round)
      await vi.advanceTimersByTimeAsync(1300 * 2 ** (round - 1))
      expect(attempts).toHaveLength(round + 1)
    }
    latest().failed({ kind: 'network' })
    queue.resumeAll()
    expect(phases()).toEqual(['sending'])
  })

  it('waits for Retry-After', async () => {
    const { queue, attempts, latest } = start()
    queue.add([file('a')])
    latest().failed({ kind: 'busy', retryAfterMs: 20_000 })
    await vi.advanceTimersByTimeAsync(19_000)
    expect(attempts).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2000)
    expect(attempts).toHaveLength(2)
  })

  it('retries at once with a new token, a limited number of times', () => {
    const { queue, attempts, phases, latest } = start()
    queue.add([file('a')])
    for (let round = 0; round < 10 && phases()[0] === 'sending'; round += 1)
      latest().failed({ kind: 'token-expired', reason: 'no' })
    expect(attempts).toHaveLength(4)
    expect(phases()).toEqual(['failed'])
  })

  it('waits until the user has signed in', () => {
    const { queue, phases, latest } = start()
    queue.add([file('a')])
    latest().failed({ kind: 'signed-out' })
    expect(phases()).toEqual(['signed-out'])
    queue.resumeAll()
    expect(phases()).toEqual(['sending'])
  })

  it('continues its own upload if the answer to the creation was lost', () => {
    const { queue, attempts, latest } = start()
    queue.add([file('a')])
    const { fileId } = latest().upload
    latest().failed({ kind: 'id-taken' })
    expect(attempts).toHaveLength(2)
    expect(latest().upload).toMatchObject({ fileId, url: `/uploads/${fileId}` })
  })

  it('starts over under a new id if the server has deleted the upload', () => {
    const { queue, latest } = start()
    queue.add([file('a')])
    const { fileId } = latest().upload
    latest().created('/uploads/1')
    latest().failed({ kind: 'not-found' })
    expect(latest().upload.url).toBeNull()
    expect(latest().upload.fileId).not.toBe(fileId)
  })

  it('reports why the server rejected the file, and can retry', () => {
    const { queue, phases, latest } = start()
    const [key] = queue.add([file('a')])
    latest().failed({ kind: 'rejected', reason: 'Not enough storage.', code: 'quota_exceeded' })
    expect(queue.uploads[0]).toMatchObject({ phase: 'failed', reason: 'Not enough storage.', code: 'quota_exceeded' })
    queue.resume(key!)
    expect(phases()).toEqual(['sending'])
  })

  it('attaches an uploaded file, and retries only that', async () => {
    const { queue, attempts, attach, phases, latest } = start()
    attach.mockRejectedValueOnce({ kind: 'network' } satisfies Failure)
    queue.add([file('a')], 'note')
    latest().done()
    await vi.advanceTimersByTimeAsync(0)
    expect(phases()).toEqual(['retrying'])
    await vi.advanceTimersByTimeAsync(2000)
    expect(phases()).toEqual(['done'])
    expect(attempts).toHaveLength(1)
    expect(attach.mock.calls).toEqual([1, 2].map(() => ['note', attempts[0]!.upload.fileId]))
  })

  it('deletes a cancelled upload on the server, unless it is finished', async () => {
    const { queue, terminate, latest, store } = start()
    const [first] = queue.add([file('a')])
    await queue.cancel(first!)
    expect(terminate).toHaveBeenCalledWith(latest().upload.fileId)
    expect(store.delete).toHaveBeenCalledWith(first)
    const [second] = queue.add([file('b')])
    latest().done()
    await vi.advanceTimersByTimeAsync(0)
    await queue.cancel(second!)
    expect(terminate).toHaveBeenCalledTimes(1)
  })
})

describe('a recovered upload', () => {
  const record = (change: Partial<UploadRecord> = {}): UploadRecord => ({
    key: 'k',
    fileId: 'f',
    url: '/uploads/f',
    name: 'a',
    size: 10,
    type: '',
    lastModified: 5,
    attachTo: null,
    paused: false,
    uploaded: false,
    createdAt: 1,
    ...change,
  })

  it('continues with stored bytes', () => {
    const { queue, latest, store } = start()
    queue.recover(record(), file('a'))
    expect(latest().upload).toMatchObject(record())
    expect(store.putBytes).not.toHaveBeenCalled()
  })

  it('without stored bytes requires the same file', () => {
    const { queue, phases } = start()
    queue.recover(record(), undefined)
    expect(phases()).toEqual(['needs-file'])
    expect(queue.provideFile('k', file('b'))).toBe(false)
    expect(queue.provideFile('k', file('a', 11))).toBe(false)
    expect(queue.provideFile('k', new File(['x'.repeat(10)], 'a', { lastModified: 6 }))).toBe(false)
    expect(phases()).toEqual(['needs-file'])
    expect(queue.provideFile('k', file('a'))).toBe(true)
    expect(phases()).toEqual(['sending'])
  })

  it('stays paused, and needs no bytes if only attaching is left', async () => {
    const { queue, attempts, attach, phases } = start()
    queue.recover(record({ paused: true }), file('a'))
    queue.recover(record({ key: 'l', uploaded: true, attachTo: 'note' }), undefined)
    await vi.advanceTimersByTimeAsync(0)
    expect(phases()).toEqual(['paused', 'done'])
    expect(attach).toHaveBeenCalledWith('note', 'f')
    expect(attempts).toHaveLength(0)
  })

  it('is recovered once', () => {
    const { queue, attempts } = start()
    queue.recover(record(), file('a'))
    queue.recover(record(), file('a'))
    expect(attempts).toHaveLength(1)
  })
})
