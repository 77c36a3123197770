// Owns the promises of the line to the server: resumed where it broke off, replaced by asking where no
// stream gets through. Refuses the sharing among tabs: see events.spec.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { catchUp, streamChanges, type News, type StreamOptions } from './changeStream'
import type { Change, ChangePage } from './types'
import { ApiError } from './errors'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const change = (seq: number): Change => ({
  seq,
  kind: 'note',
  id: `n${seq}`,
  op: 'update',
  version: seq,
  batch_id: null,
  at: '2026-01-01T00:00:00Z',
})
const hello = (seq: number) => `retry: 2000\n\nevent: hello\nid: ${seq}\ndata: {"last_seq":${seq}}\n\n`
const event = (seq: number) => `event: change\nid: ${seq}\ndata: ${JSON.stringify(change(seq))}\n\n`

/** An answer that comes in pieces and then ends, or stays open. */
function stream(pieces: string[], { open = false, signal }: { open?: boolean; signal?: AbortSignal } = {}): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
      signal?.addEventListener('abort', () => controller.error(new DOMException('stopped', 'AbortError')))
      if (!open) controller.close()
    },
  })
  return new Response(body, { status: 200, headers: { 'content-type': 'text/event-stream' } })
}

function start(options: Pick<StreamOptions, 'open'> & Partial<StreamOptions>) {
  const news: News[] = []
  let last: number | undefined
  const end = new AbortController()
  const deliver = (one: News) => {
    news.push(one)
    if (one.type === 'hello') last ??= one.seq
    else last = one.type === 'change' ? one.change.seq : undefined
  }
  const running = streamChanges({ since: () => last, deliver, random: () => 0.5, ...options }, end.signal)
  return { news, stop: () => (end.abort(), running) }
}

const told = (news: News[]) => news.map((one) => (one.type === 'change' ? one.change.seq : one.type))

describe('streamChanges', () => {
  it('delivers what comes, also when it comes in torn pieces', async () => {
    const text = hello(4) + ': ♥\n\n' + event(5) + event(6)
    const bytes = [text.slice(0, 31), text.slice(31, 90), text.slice(90)]
    const { news, stop } = start({ open: async (_, signal) => stream(bytes, { open: true, signal }) })
    await vi.waitFor(() => expect(told(news)).toEqual(['hello', 5, 6]))
    await stop()
  })

  it('resumes after the last change it took', async () => {
    const asked: (number | undefined)[] = []
    const open = vi.fn(async (since: number | undefined, signal: AbortSignal) => {
      asked.push(since)
      if (asked.length === 1) return stream([hello(4), event(5), 'event: bye\n\n'])
      return stream([hello(7), event(6), event(7)], { open: true, signal })
    })
    const { news, stop } = start({ open })
    await vi.waitFor(() => expect(told(news)).toEqual(['hello', 5]))
    await vi.advanceTimersByTimeAsync(2000)
    await vi.waitFor(() => expect(told(news)).toEqual(['hello', 5, 'hello', 6, 7]))
    expect(asked).toEqual([undefined, 5])
    await stop()
  })

  it('waits longer after every failure, and asks for changes when the stream never gets through', async () => {
    const open = vi.fn(async () => new Response(null, { status: 502 }))
    const poll = vi.fn(async (since: number | undefined): Promise<ChangePage> =>
      since === undefined
        ? { items: [change(1)], next_cursor: null, last_seq: 9 }
        : { items: [change(since + 1)], next_cursor: null, last_seq: since + 1 },
    )
    const { news, stop } = start({ open, poll })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(open).toHaveBeenCalledTimes(3)
    expect(told(news)).toEqual(['hello'])
    await vi.advanceTimersByTimeAsync(30_000)
    expect(told(news).slice(0, 3)).toEqual(['hello', 10, 11])
    // A few minutes later the stream gets another chance.
    await vi.advanceTimersByTimeAsync(6 * 60_000)
    expect(open.mock.calls.length).toBeGreaterThan(3)
    await stop()
  })

  it('does not wait for a proxy that lets nothing through', async () => {
    const open = vi.fn(async (_: number | undefined, signal: AbortSignal) => stream([], { open: true, signal }))
    const { stop } = start({ open, poll: async () => ({ items: [], next_cursor: null, last_seq: 0 }) })
    await vi.advanceTimersByTimeAsync(9_000)
    expect(open).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(open).toHaveBeenCalledTimes(2)
    await stop()
  })

  it('passes over events it does not know', async () => {
    const { news, stop } = start({
      open: async (_, signal) => stream([hello(1), 'event: weather\ndata: rain\n\n', event(2)], { open: true, signal }),
    })
    await vi.waitFor(() => expect(told(news)).toEqual(['hello', 2]))
    await stop()
  })

  it('ends with its signal', async () => {
    const open = vi.fn(async (_: number | undefined, signal: AbortSignal) => stream([hello(1)], { open: true, signal }))
    const { stop } = start({ open })
    await stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(open).toHaveBeenCalledTimes(1)
  })
})

describe('catchUp', () => {
  it('reads page after page', async () => {
    const news: News[] = []
    let last = 2
    const poll = async (since: number | undefined): Promise<ChangePage> => ({
      items: [change((last = (since ?? 0) + 1))],
      next_cursor: since === 2 ? '3' : null,
      last_seq: 4,
    })
    await catchUp({ since: () => last, deliver: (one) => void news.push(one), poll }, new AbortController().signal)
    expect(told(news)).toEqual([3, 4])
  })

  it('says that too much was missed', async () => {
    const news: News[] = []
    const poll = async () => {
      throw new ApiError(new Response(null, { status: 410 }), { code: 'changes_gone' })
    }
    await catchUp({ since: () => 1, deliver: (one) => void news.push(one), poll }, new AbortController().signal)
    expect(told(news)).toEqual(['reset'])
  })
})
