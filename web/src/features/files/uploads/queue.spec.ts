// Owns the promises of the queue: three at once, in order, nothing dropped silently, and what each kind of failure
// leads to. Refuses the protocol.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UploadQueue, type Failure, type QueueOptions, type SendEvents, type UploadRecord } from './queue'

const file = (name: string, size = 10) => new File(['x'.repeat(size)], name, { type: 'text/plain', lastModified: 5 })

interface Attempt extends SendEvents {
  upload: UploadRecord
  ended: boolean
}

function start(change: Partial<QueueOptions> = {}) {
  const attempts: Attempt[] = []
  const keeper = {
    put: vi.fn<(record: UploadRecord) => void>(),
    putBytes: vi.fn((_: string, __: Blob) => Promise.resolve(true)),
    drop: vi.fn<(key: string) => void>(),
  }
  const attach = vi.fn((_: string, __: string) => Promise.resolve())
  const terminate = vi.fn((_: string) => Promise.resolve())
  const queue = new UploadQueue({
    send(upload, _, events) {
      const attempt: Attempt = { ...events, upload: { ...upload }, ended: false }
      attempts.push(attempt)
      return () => (attempt.ended = true)
    },
    attach,
    terminate,
    classifyError: (error) => error as Failure,
    keeper,
    urlOf: (id) => `/uploads/${id}`,
    onChange() {},
    onDone() {},
    ...change,
  })
  const phases = () => queue.uploads.map((upload) => upload.phase)
  return { queue, attempts, keeper, attach, terminate, phases, latest: () => attempts.at(-1)! }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the queue', () => {
  it('sends three at once; the next one when one is up', async () => {
    const { queue, attempts, phases } = start()
    queue.add(['a', 'b', 'c', 'd', 'e'].map((name) => file(name)))
    expect(phases()).toEqual(['sending', 'sending', 'sending', 'waiting', 'waiting'])
    attempts[1]!.done()
    await vi.advanceTimersByTimeAsync(0)
    expect(phases()).toEqual(['sending', 'done', 'sending', 'sending', 'waiting'])
    expect(attempts.map(({ upload }) => upload.name)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('gives its place away while it is paused, and goes on where the server has it', () => {
    const { queue, attempts, phases } = start()
    const [first] = queue.add(['a', 'b', 'c', 'd'].map((name) => file(name)))
    attempts[0]!.created('/uploads/1')
    queue.pause(first!)
    expect(attempts[0]!.ended).toBe(true)
    expect(phases()).toEqual(['paused', 'sending', 'sending', 'sending'])
    // What an ended attempt still says is not heard.
    attempts[0]!.done()
    expect(phases()[0]).toBe('paused')
    queue.resume(first!)
    expect(phases()[0]).toBe('waiting')
    attempts[1]!.failed({ kind: 'refused', reason: 'no' })
    expect(attempts.at(-1)!.upload).toMatchObject({ name: 'a', url: '/uploads/1' })
  })

  it('tries again when no answer comes, later each time', async () => {
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

  it('waits as long as the server asks for', async () => {
    const { queue, attempts, latest } = start()
    queue.add([file('a')])
    latest().failed({ kind: 'busy', retryAfterMs: 20_000 })
    await vi.advanceTimersByTimeAsync(19_000)
    expect(attempts).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2000)
    expect(attempts).toHaveLength(2)
  })

  it('goes on at once with a new token, and not for ever', () => {
    const { queue, attempts, phases, latest } = start()
    queue.add([file('a')])
    for (let round = 0; round < 10 && phases()[0] === 'sending'; round += 1)
      latest().failed({ kind: 'token', reason: 'no' })
    expect(attempts).toHaveLength(4)
    expect(phases()).toEqual(['failed'])
  })

  it('waits for whoever has to sign in', () => {
    const { queue, phases, latest } = start()
    queue.add([file('a')])
    latest().failed({ kind: 'signed-out' })
    expect(phases()).toEqual(['signed-out'])
    queue.resumeAll()
    expect(phases()).toEqual(['sending'])
  })

  it('goes on with its own upload when the answer to its creation was lost', () => {
    const { queue, attempts, latest } = start()
    queue.add([file('a')])
    const { fileId } = latest().upload
    latest().failed({ kind: 'taken' })
    expect(attempts).toHaveLength(2)
    expect(latest().upload).toMatchObject({ fileId, url: `/uploads/${fileId}` })
  })

  it('begins anew under another id when the server no longer has it', () => {
    const { queue, latest } = start()
    queue.add([file('a')])
    const { fileId } = latest().upload
    latest().created('/uploads/1')
    latest().failed({ kind: 'gone' })
    expect(latest().upload.url).toBeNull()
    expect(latest().upload.fileId).not.toBe(fileId)
  })

  it('tells why the server refused, and keeps the file for another try', () => {
    const { queue, phases, latest } = start()
    const [key] = queue.add([file('a')])
    latest().failed({ kind: 'refused', reason: 'There is no room.', code: 'quota_exceeded' })
    expect(queue.uploads[0]).toMatchObject({ phase: 'failed', reason: 'There is no room.', code: 'quota_exceeded' })
    queue.resume(key!)
    expect(phases()).toEqual(['sending'])
  })

  it('attaches what is up, and tries only that again', async () => {
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

  it('gives the room back when it is cancelled, but not the room of what is up', async () => {
    const { queue, terminate, latest, keeper } = start()
    const [first] = queue.add([file('a')])
    await queue.cancel(first!)
    expect(terminate).toHaveBeenCalledWith(latest().upload.fileId)
    expect(keeper.drop).toHaveBeenCalledWith(first)
    const [second] = queue.add([file('b')])
    latest().done()
    await vi.advanceTimersByTimeAsync(0)
    await queue.cancel(second!)
    expect(terminate).toHaveBeenCalledTimes(1)
  })
})

describe('after a reload', () => {
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
    at: 1,
    ...change,
  })

  it('goes on by itself with the bytes that were kept', () => {
    const { queue, latest, keeper } = start()
    queue.adopt(record(), file('a'))
    expect(latest().upload).toMatchObject(record())
    expect(keeper.putBytes).not.toHaveBeenCalled()
  })

  it('asks for the same file where they were not, and takes no other', () => {
    const { queue, phases } = start()
    queue.adopt(record(), undefined)
    expect(phases()).toEqual(['needs-file'])
    expect(queue.provideFile('k', file('b'))).toBe(false)
    expect(queue.provideFile('k', file('a', 11))).toBe(false)
    expect(queue.provideFile('k', new File(['x'.repeat(10)], 'a', { lastModified: 6 }))).toBe(false)
    expect(phases()).toEqual(['needs-file'])
    expect(queue.provideFile('k', file('a'))).toBe(true)
    expect(phases()).toEqual(['sending'])
  })

  it('stays paused, and needs no bytes for what only has to be attached', async () => {
    const { queue, attempts, attach, phases } = start()
    queue.adopt(record({ paused: true }), file('a'))
    queue.adopt(record({ key: 'l', uploaded: true, attachTo: 'note' }), undefined)
    await vi.advanceTimersByTimeAsync(0)
    expect(phases()).toEqual(['paused', 'done'])
    expect(attach).toHaveBeenCalledWith('note', 'f')
    expect(attempts).toHaveLength(0)
  })

  it('takes none twice', () => {
    const { queue, attempts } = start()
    queue.adopt(record(), file('a'))
    queue.adopt(record(), file('a'))
    expect(attempts).toHaveLength(1)
  })
})
