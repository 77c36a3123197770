// Owns the promises of listening together: one tab has the line, all of them hear, each change once.
// Refuses the line itself: see changeStream.spec.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { News, StreamOptions } from './changeStream'
import { followChanges } from './events'

const lines: { options: StreamOptions; signal: AbortSignal }[] = []
vi.mock('./changeStream', () => ({
  streamChanges: (options: StreamOptions, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      lines.push({ options, signal })
      signal.addEventListener('abort', () => resolve())
    }),
  catchUp: vi.fn(async () => {}),
}))

/** The part of Web Locks that is used: one holder, the others in line. */
function fakeLocks() {
  const line: (() => void)[] = []
  let held = false
  const next = () => {
    const turn = line.shift()
    held = turn !== undefined
    turn?.()
  }
  return {
    request: (_name: string, { signal }: { signal: AbortSignal }, work: () => Promise<void>) =>
      new Promise<void>((resolve, reject) => {
        const turn = () => void work().then(resolve, reject).finally(next)
        signal.addEventListener('abort', () => {
          const at = line.indexOf(turn)
          if (at >= 0) line.splice(at, 1)
          reject(new DOMException('out of the line', 'AbortError'))
        })
        line.push(turn)
        if (!held) next()
      }),
  }
}

const change = (seq: number): News => ({
  type: 'change',
  change: { seq, kind: 'note', id: 'a', op: 'update', version: seq, batch_id: null, at: '2026-01-01T00:00:00Z' },
})
const told = (listener: ReturnType<typeof vi.fn>) =>
  listener.mock.calls
    .map((call) => call[0] as News)
    .map((news) => (news.type === 'change' ? news.change.seq : news.type))
const stops: (() => void)[] = []

function tab() {
  const listener = vi.fn()
  const stop = followChanges('somebody', listener)
  stops.push(stop)
  return { listener, stop }
}

beforeEach(() => {
  lines.length = 0
  Object.defineProperty(navigator, 'locks', { value: fakeLocks(), configurable: true })
})
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  Reflect.deleteProperty(navigator, 'locks')
})

describe('followChanges', () => {
  it('opens one line for two tabs, and both hear everything once', async () => {
    const [first, second] = [tab(), tab()]
    expect(lines).toHaveLength(1)
    lines[0]!.options.deliver({ type: 'hello', seq: 3 })
    lines[0]!.options.deliver(change(4))
    lines[0]!.options.deliver(change(4))
    expect(told(first.listener)).toEqual(['hello', 4])
    await vi.waitFor(() => expect(told(second.listener)).toEqual(['hello', 4]))
  })

  it('hands the line on where it was when the leading tab closes', async () => {
    const [first, second] = [tab(), tab()]
    lines[0]!.options.deliver({ type: 'hello', seq: 3 })
    lines[0]!.options.deliver(change(4))
    await vi.waitFor(() => expect(told(second.listener)).toEqual(['hello', 4]))
    first.stop()
    await vi.waitFor(() => expect(lines).toHaveLength(2))
    expect(lines[1]!.options.since()).toBe(4)
    // What comes twice at the seam is told once.
    lines[1]!.options.deliver(change(4))
    lines[1]!.options.deliver(change(5))
    expect(told(second.listener)).toEqual(['hello', 4, 5])
    expect(told(first.listener)).toEqual(['hello', 4])
  })

  it('tells a tab that comes later where the sequence stands', async () => {
    tab()
    lines[0]!.options.deliver({ type: 'hello', seq: 8 })
    const late = tab()
    await vi.waitFor(() => expect(told(late.listener)).toEqual(['hello']))
  })

  it('gives every tab its own line where the browser cannot queue', () => {
    Reflect.deleteProperty(navigator, 'locks')
    tab()
    tab()
    expect(lines).toHaveLength(2)
  })

  it('gives up the lead while hidden for long, and stands in line again when looked at', async () => {
    vi.useFakeTimers()
    let visibility = 'visible'
    vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility as DocumentVisibilityState)
    tab()
    visibility = 'hidden'
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(4 * 60_000)
    expect(lines[0]!.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(2 * 60_000)
    expect(lines[0]!.signal.aborted).toBe(true)
    visibility = 'visible'
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(0)
    expect(lines).toHaveLength(2)
    vi.useRealTimers()
  })

  it('takes up again after a reset', () => {
    const { listener } = tab()
    const { deliver, since } = lines[0]!.options
    deliver({ type: 'hello', seq: 3 })
    deliver({ type: 'reset' })
    expect(since()).toBeUndefined()
    deliver({ type: 'hello', seq: 90 })
    expect(told(listener)).toEqual(['hello', 'reset', 'hello'])
    expect(since()).toBe(90)
  })
})
