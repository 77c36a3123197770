// Receives the changes of the account: by the event stream, which is resumed after an interruption, or by polling where
// no stream gets through.
import { createParser } from 'eventsource-parser'
import { answer, api, fetchAuthorized } from './client'
import { ApiError } from './errors'
import type { Change, ChangePage } from './types'

/** `hello`: every later change is delivered. `reset`: changes were missed and are no longer available. */
export type StreamMessage = { type: 'hello'; seq: number } | { type: 'change'; change: Change } | { type: 'reset' }

export interface StreamOptions {
  /** Sequence number of the last delivered change, if there was one. */
  since: () => number | undefined
  deliver: (message: StreamMessage) => void
  open?: (since: number | undefined, signal: AbortSignal) => Promise<Response>
  poll?: (since: number | undefined, signal: AbortSignal) => Promise<ChangePage>
  random?: () => number
}

const RETRY_MS = 2000
const MAX_RETRY_MS = 60_000
/** A proxy that buffers the response does not even pass on the first message. */
const HELLO_TIMEOUT_MS = 10_000
/** The server sends a message or a heartbeat at least every ten seconds. */
const MAX_SILENCE_MS = 35_000
const FAILURES_UNTIL_POLLING = 3
const POLL_MS = 15_000
const POLLS_UNTIL_STREAM = 20
const POLL_PAGE = 200

const openStream = (since: number | undefined, signal: AbortSignal) =>
  fetchAuthorized('/api/v1/events', {
    signal,
    cache: 'no-store',
    headers: { Accept: 'text/event-stream', ...(since === undefined ? {} : { 'Last-Event-ID': String(since) }) },
  })

const pollPage = (since: number | undefined, signal: AbortSignal) =>
  answer(
    api.GET('/api/v1/changes', {
      params: { query: since === undefined ? { limit: 1 } : { since, limit: POLL_PAGE } },
      signal,
    }),
  )

/** Runs until the signal is aborted. */
export async function streamChanges(options: StreamOptions, signal: AbortSignal): Promise<void> {
  const random = options.random ?? Math.random
  let failures = 0
  let retryMs = RETRY_MS
  while (!signal.aborted) {
    if (failures >= FAILURES_UNTIL_POLLING) {
      await pollChanges(options, signal)
      failures = FAILURES_UNTIL_POLLING - 1
      continue
    }
    let connected = false
    let minDelay = 0
    try {
      await readStream(options, signal, {
        connected: () => (connected = true),
        retry: (ms) => (retryMs = ms),
      })
    } catch (error) {
      if (error instanceof ApiError) minDelay = error.retryAfterMs ?? 0
    }
    failures = connected ? 0 : failures + 1
    // Jitter: the clients of a stopped instance must not all reconnect at once.
    const backOff = connected
      ? retryMs * random()
      : Math.min(MAX_RETRY_MS, retryMs * 2 ** (failures - 1)) * (0.5 + random())
    await pause(Math.max(minDelay, backOff), signal)
  }
}

interface StreamCallbacks {
  connected: () => void
  retry: (ms: number) => void
}

async function readStream(options: StreamOptions, signal: AbortSignal, callbacks: StreamCallbacks): Promise<void> {
  const controller = new AbortController()
  const stop = () => controller.abort()
  signal.addEventListener('abort', stop, { once: true })
  let timer = setTimeout(stop, HELLO_TIMEOUT_MS)
  try {
    const response = await (options.open ?? openStream)(options.since(), controller.signal)
    if (!response.ok || !response.body) throw new ApiError(response, {})
    const parser = createParser({
      onRetry: callbacks.retry,
      onEvent({ event, data }) {
        if (event === 'hello') callbacks.connected()
        if (event === 'bye') stop()
        const message = parseMessage(event, data)
        if (message) options.deliver(message)
      },
    })
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(stop, MAX_SILENCE_MS)
      parser.feed(value)
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    controller.abort()
  }
}

/** Ignores events that this page does not know: the server may be newer. */
function parseMessage(event: string | undefined, data: string): StreamMessage | undefined {
  if (event === 'reset') return { type: 'reset' }
  try {
    if (event === 'hello') return { type: 'hello', seq: (JSON.parse(data) as { last_seq: number }).last_seq }
    if (event === 'change') return { type: 'change', change: JSON.parse(data) as Change }
  } catch {
    // An incomplete message is ignored.
  }
  return undefined
}

/** For some minutes; then the stream is tried again. */
async function pollChanges(options: StreamOptions, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < POLLS_UNTIL_STREAM && !signal.aborted; round += 1) {
    try {
      await catchUp(options, signal)
    } catch {
      // The next round tries again.
    }
    await pause(POLL_MS, signal)
  }
}

/** Reads everything since the last change. */
export async function catchUp({ since, deliver, poll = pollPage }: StreamOptions, signal: AbortSignal): Promise<void> {
  for (let more = true; more && !signal.aborted;) {
    const from = since()
    try {
      const page = await poll(from, signal)
      if (from === undefined) return deliver({ type: 'hello', seq: page.last_seq })
      for (const change of page.items) deliver({ type: 'change', change })
      more = page.next_cursor !== null && page.items.length > 0
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 410) throw error
      deliver({ type: 'reset' })
      more = false
    }
  }
}

/** Ends early when the browser is online again or the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      window.removeEventListener('online', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    window.addEventListener('online', end)
  })
}
