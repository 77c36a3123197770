// Specs of the shared event stream: one tab opens it, every tab receives each change once.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StreamMessage, StreamOptions } from './changeStream'
import { subscribeToChanges } from './events'

const streams: { options: StreamOptions; signal: AbortSignal }[] = []
vi.mock('./changeStream', () => ({
  streamChanges: (options: StreamOptions, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      streams.push({ options, signal })
      signal.addEventListener('abort', () => resolve())
    }),
  catchUp: vi.fn(async () => {}),
}))

/** Web Locks with one exclusive lock and a queue. */
function fakeLocks() {
  const queue: (() => void)[] = []
  let locked = false
  const next = () => {
    const turn = queue.shift()
    locked = turn !== undefined
    turn?.()
  }
  return {
    request: (_name: string, { signal }: { signal: AbortSignal }, work: () => Promise<void>) =>
      new Promise<void>((resolve, reject) => {
        const turn = () => void work().then(resolve, reject).finally(next)
        signal.addEventListener('abort', () => {
          const at = queue.indexOf(turn)
          if (at >= 0) queue.splice(at, 1)
          reject(new DOMException('aborted', 'AbortError'))
        })
        queue.push(turn)
        if (!locked) next()
      }),
  }
}

const change = (seq: number): StreamMessage => ({
  type: 'change',
  change: { seq, kind: 'note', id: 'a', op: 'update', version: seq, batch_id: null, at: '2026-01-01T00:00:00Z' },
})
const received = (listener: ReturnType<typeof vi.fn>) =>
  listener.mock.calls
    .map((call) => call[0] as StreamMessage)
    .map((message) => (message.type === 'change' ? message.change.seq : message.type))
const stops: (() => void)[] = []

function tab() {
  const listener = vi.fn()
  const stop = subscribeToChanges('somebody', listener)
  stops.push(stop)
  return { listener, stop }
}

beforeEach(() => {
  streams.length = 0
  Object.defineProperty(navigator, 'locks', { value: fakeLocks(), configurable: true })
})
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  Reflect.deleteProperty(navigator, 'locks')
})

describe('subscribeToChanges', () => {
  it('opens one stream for two tabs, and both receive every change once', async () => {
    const [first, second] = [tab(), tab()]
    expect(streams).toHaveLength(1)
    streams[0]!.options.deliver({ type: 'hello', seq: 3 })
    streams[0]!.options.deliver(change(4))
    streams[0]!.options.deliver(change(4))
    expect(received(first.listener)).toEqual(['hello', 4])
    await vi.waitFor(() => expect(received(second.listener)).toEqual(['hello', 4]))
  })

  it('continues in the other tab when the leader closes', async () => {
    const [first, second] = [tab(), tab()]
    streams[0]!.options.deliver({ type: 'hello', seq: 3 })
    streams[0]!.options.deliver(change(4))
    await vi.waitFor(() => expect(received(second.listener)).toEqual(['hello', 4]))
    first.stop()
    await vi.waitFor(() => expect(streams).toHaveLength(2))
    expect(streams[1]!.options.since()).toBe(4)
    // A change that both streams deliver is received once.
    streams[1]!.options.deliver(change(4))
    streams[1]!.options.deliver(change(5))
    expect(received(second.listener)).toEqual(['hello', 4, 5])
    expect(received(first.listener)).toEqual(['hello', 4])
  })

  it('sends the sequence number to a tab that is opened later', async () => {
    tab()
    streams[0]!.options.deliver({ type: 'hello', seq: 8 })
    const late = tab()
    await vi.waitFor(() => expect(received(late.listener)).toEqual(['hello']))
  })

  it('opens a stream in every tab without Web Locks', () => {
    Reflect.deleteProperty(navigator, 'locks')
    tab()
    tab()
    expect(streams).toHaveLength(2)
  })

  it('resigns after being hidden for long, and requests the lead again when visible', async () => {
    vi.useFakeTimers()
    let visibility = 'visible'
    vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility as DocumentVisibilityState)
    tab()
    visibility = 'hidden'
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(4 * 60_000)
    expect(streams[0]!.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(2 * 60_000)
    expect(streams[0]!.signal.aborted).toBe(true)
    visibility = 'visible'
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(0)
    expect(streams).toHaveLength(2)
    vi.useRealTimers()
  })

  it('continues after a reset', () => {
    const { listener } = tab()
    const { deliver, since } = streams[0]!.options
    deliver({ type: 'hello', seq: 3 })
    deliver({ type: 'reset' })
    expect(since()).toBeUndefined()
    deliver({ type: 'hello', seq: 90 })
    expect(received(listener)).toEqual(['hello', 'reset', 'hello'])
    expect(since()).toBe(90)
  })
})
