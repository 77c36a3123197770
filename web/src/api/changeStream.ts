// Owns one running connection to the sequence of changes: the event stream, resumed where it broke
// off, and asking every few seconds where no stream gets through. Refuses to know what a change means.
import { createParser } from 'eventsource-parser'
import { answer, api, fetchAuthorized } from './client'
import { ApiError } from './errors'
import type { Change, ChangePage } from './types'

/** `hello`: from here on nothing is missed. `reset`: too much was missed to be told. */
export type News = { type: 'hello'; seq: number } | { type: 'change'; change: Change } | { type: 'reset' }

export interface StreamOptions {
  /** The last change that was taken; nothing where none was yet. */
  since: () => number | undefined
  deliver: (news: News) => void
  open?: (since: number | undefined, signal: AbortSignal) => Promise<Response>
  poll?: (since: number | undefined, signal: AbortSignal) => Promise<ChangePage>
  random?: () => number
}

const RETRY_MS = 2000
const LONGEST_RETRY_MS = 60_000
/** A proxy that collects the answer before passing it on lets nothing through: not even the first word. */
const HELLO_MS = 10_000
/** The server says something at least every ten seconds. */
const SILENCE_MS = 35_000
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

const askForChanges = (since: number | undefined, signal: AbortSignal) =>
  answer(
    api.GET('/api/v1/changes', {
      params: { query: since === undefined ? { limit: 1 } : { since, limit: POLL_PAGE } },
      signal,
    }),
  )

/** Runs until the signal ends it. */
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
    let greeted = false
    let atLeast = 0
    try {
      await readStream(options, signal, {
        greeted: () => (greeted = true),
        retry: (ms) => (retryMs = ms),
      })
    } catch (error) {
      if (error instanceof ApiError) atLeast = error.retryAfterMs ?? 0
    }
    failures = greeted ? 0 : failures + 1
    // Jitter: when an instance goes, its readers must not come back all in the same moment.
    const backOff = greeted
      ? retryMs * random()
      : Math.min(LONGEST_RETRY_MS, retryMs * 2 ** (failures - 1)) * (0.5 + random())
    await pause(Math.max(atLeast, backOff), signal)
  }
}

interface StreamSigns {
  greeted: () => void
  retry: (ms: number) => void
}

async function readStream(options: StreamOptions, signal: AbortSignal, signs: StreamSigns): Promise<void> {
  const own = new AbortController()
  const stop = () => own.abort()
  signal.addEventListener('abort', stop, { once: true })
  let timer = setTimeout(stop, HELLO_MS)
  try {
    const response = await (options.open ?? openStream)(options.since(), own.signal)
    if (!response.ok || !response.body) throw new ApiError(response, {})
    const parser = createParser({
      onRetry: signs.retry,
      onEvent({ event, data }) {
        if (event === 'hello') signs.greeted()
        if (event === 'bye') stop()
        const news = readNews(event, data)
        if (news) options.deliver(news)
      },
    })
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(stop, SILENCE_MS)
      parser.feed(value)
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    own.abort()
  }
}

/** An event this page does not know is from a newer server: passed over. */
function readNews(event: string | undefined, data: string): News | undefined {
  if (event === 'reset') return { type: 'reset' }
  try {
    if (event === 'hello') return { type: 'hello', seq: (JSON.parse(data) as { last_seq: number }).last_seq }
    if (event === 'change') return { type: 'change', change: JSON.parse(data) as Change }
  } catch {
    // A torn line says nothing.
  }
  return undefined
}

/** For a few minutes; then the stream gets another chance. */
async function pollChanges(options: StreamOptions, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < POLLS_UNTIL_STREAM && !signal.aborted; round += 1) {
    try {
      await catchUp(options, signal)
    } catch {
      // The next round asks again.
    }
    await pause(POLL_MS, signal)
  }
}

/** Asks once for everything since the last change. */
export async function catchUp(
  { since, deliver, poll = askForChanges }: StreamOptions,
  signal: AbortSignal,
): Promise<void> {
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

/** Ends early when the line comes back, or with the signal. */
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
