// Specs of the event stream: resumed after an interruption, replaced by polling if no stream gets through.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { catchUp, streamChanges, type StreamMessage, type StreamOptions } from './changeStream'
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

/** A response in pieces that then ends or stays open. */
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
  const messages: StreamMessage[] = []
  let last: number | undefined
  const end = new AbortController()
  const deliver = (message: StreamMessage) => {
    messages.push(message)
    if (message.type === 'hello') last ??= message.seq
    else last = message.type === 'change' ? message.change.seq : undefined
  }
  const running = streamChanges({ since: () => last, deliver, random: () => 0.5, ...options }, end.signal)
  return { messages, stop: () => (end.abort(), running) }
}

const summary = (messages: StreamMessage[]) =>
  messages.map((message) => (message.type === 'change' ? message.change.seq : message.type))

describe('streamChanges', () => {
  it('delivers messages, also if they are split between reads', async () => {
    const text = hello(4) + ': ♥\n\n' + event(5) + event(6)
    const bytes = [text.slice(0, 31), text.slice(31, 90), text.slice(90)]
    const { messages, stop } = start({ open: async (_, signal) => stream(bytes, { open: true, signal }) })
    await vi.waitFor(() => expect(summary(messages)).toEqual(['hello', 5, 6]))
    await stop()
  })

  it('resumes after the last delivered change', async () => {
    const requested: (number | undefined)[] = []
    const open = vi.fn(async (since: number | undefined, signal: AbortSignal) => {
      requested.push(since)
      if (requested.length === 1) return stream([hello(4), event(5), 'event: bye\n\n'])
      return stream([hello(7), event(6), event(7)], { open: true, signal })
    })
    const { messages, stop } = start({ open })
    await vi.waitFor(() => expect(summary(messages)).toEqual(['hello', 5]))
    await vi.advanceTimersByTimeAsync(2000)
    await vi.waitFor(() => expect(summary(messages)).toEqual(['hello', 5, 'hello', 6, 7]))
    expect(requested).toEqual([undefined, 5])
    await stop()
  })

  it('waits longer after every failure, and polls when the stream never gets through', async () => {
    const open = vi.fn(async () => new Response(null, { status: 502 }))
    const poll = vi.fn(async (since: number | undefined): Promise<ChangePage> =>
      since === undefined
        ? { items: [change(1)], next_cursor: null, last_seq: 9 }
        : { items: [change(since + 1)], next_cursor: null, last_seq: since + 1 },
    )
    const { messages, stop } = start({ open, poll })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(open).toHaveBeenCalledTimes(3)
    expect(summary(messages)).toEqual(['hello'])
    await vi.advanceTimersByTimeAsync(30_000)
    expect(summary(messages).slice(0, 3)).toEqual(['hello', 10, 11])
    // Some minutes later the stream is tried again.
    await vi.advanceTimersByTimeAsync(6 * 60_000)
    expect(open.mock.calls.length).toBeGreaterThan(3)
    await stop()
  })

  it('gives up on a proxy that buffers the response', async () => {
    const open = vi.fn(async (_: number | undefined, signal: AbortSignal) => stream([], { open: true, signal }))
    const { stop } = start({ open, poll: async () => ({ items: [], next_cursor: null, last_seq: 0 }) })
    await vi.advanceTimersByTimeAsync(9_000)
    expect(open).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(open).toHaveBeenCalledTimes(2)
    await stop()
  })

  it('ignores unknown events', async () => {
    const { messages, stop } = start({
      open: async (_, signal) => stream([hello(1), 'event: weather\ndata: rain\n\n', event(2)], { open: true, signal }),
    })
    await vi.waitFor(() => expect(summary(messages)).toEqual(['hello', 2]))
    await stop()
  })

  it('ends when its signal is aborted', async () => {
    const open = vi.fn(async (_: number | undefined, signal: AbortSignal) => stream([hello(1)], { open: true, signal }))
    const { stop } = start({ open })
    await stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(open).toHaveBeenCalledTimes(1)
  })
})

describe('catchUp', () => {
  it('reads page after page', async () => {
    const messages: StreamMessage[] = []
    let last = 2
    const poll = async (since: number | undefined): Promise<ChangePage> => ({
      items: [change((last = (since ?? 0) + 1))],
      next_cursor: since === 2 ? '3' : null,
      last_seq: 4,
    })
    await catchUp(
      { since: () => last, deliver: (message) => void messages.push(message), poll },
      new AbortController().signal,
    )
    expect(summary(messages)).toEqual([3, 4])
  })

  it('delivers a reset when the changes are no longer available', async () => {
    const messages: StreamMessage[] = []
    const poll = async () => {
      throw new ApiError(new Response(null, { status: 410 }), { code: 'changes_gone' })
    }
    await catchUp(
      { since: () => 1, deliver: (message) => void messages.push(message), poll },
      new AbortController().signal,
    )
    expect(summary(messages)).toEqual(['reset'])
  })
})
