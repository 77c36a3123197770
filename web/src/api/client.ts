// Owns every request of the page: base address, bearer token, one shared refresh, problem documents
// turned into errors. Refuses to know any screen, and to keep the token anywhere but in memory.
import createClient from 'openapi-fetch'
import { ApiError, NetworkError } from './errors'
import type { paths, Problem, TokenGrant } from './types'

const REFRESH_PATH = '/api/v1/auth/refresh'
const CLOCK_MARGIN_MS = 15_000
/** How long a sign-out waits for the answers that are due. */
const PARTING_MS = 2000

interface Credential {
  token: string
  expiresAt: number
}

let credential: Credential | undefined
let refreshing: Promise<TokenGrant> | undefined
/** A sign-out on its way; once it is `over`, nothing but a new sign-in reaches the server. */
let leaving: Promise<unknown> | undefined
let over = false
const onTheWay = new Set<Promise<unknown>>()
let onGrant: (grant: TokenGrant) => void = () => {}
let onExpired: () => void = () => {}

/** The session store listens here; the client itself does not know what a signed-in screen is. */
export function listenToCredentials(listener: { granted: (grant: TokenGrant) => void; expired: () => void }) {
  onGrant = listener.granted
  onExpired = listener.expired
}

export function acceptGrant(grant: TokenGrant) {
  credential = { token: grant.access_token, expiresAt: Date.now() + grant.expires_in * 1000 }
  over = false
  onGrant(grant)
}

export function forgetCredential() {
  credential = undefined
}

/** Makes `goodbye` the last request of this sign-in: what is on its way is answered before, what comes
 *  meanwhile waits. The screens that are still there would ask the server for what it must refuse. */
export async function leaveWith(goodbye: () => Promise<unknown>): Promise<void> {
  const settled = Promise.allSettled(onTheWay)
  const parting = Promise.race([settled, new Promise((resolve) => setTimeout(resolve, PARTING_MS))]).then(goodbye)
  leaving = parting.then(endCredential, () => {})
  try {
    await parting
  } finally {
    leaving = undefined
  }
}

/** Nobody is signed in any more: requests are refused here until somebody is. */
export function endCredential() {
  forgetCredential()
  over = true
}

/** Concurrent callers share one refresh; several tabs take turns where the browser has Web Locks. */
export function refreshCredential(): Promise<TokenGrant> {
  refreshing ??= inTurn(requestRefresh).finally(() => {
    refreshing = undefined
  })
  return refreshing
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return work()
  // The lock's own type loses T: it awaits what the callback returns.
  return navigator.locks.request('satchel.refresh', work) as Promise<T>
}

async function requestRefresh(): Promise<TokenGrant> {
  const response = await send(new Request(absolute(REFRESH_PATH), { method: 'POST', credentials: 'same-origin' }))
  if (!response.ok) throw new ApiError(response, await readProblem(response))
  const grant = (await response.json()) as TokenGrant
  acceptGrant(grant)
  return grant
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw new NetworkError('no answer', { cause: error })
  }
}

/** For answers that are read piece by piece; everything else goes through `api`. */
export function fetchAuthorized(path: string, init: RequestInit): Promise<Response> {
  return authorizedFetch(new Request(absolute(path), { credentials: 'same-origin', ...init }))
}

/** The token for requests that a library sends; `refused` is one that the server did not take. Without any
 *  way to another one it throws the 401. */
export async function presentToken(refused?: string): Promise<string> {
  await leaving
  if (over) throw new ApiError(notSignedIn(), {})
  const stale = !credential || credential.expiresAt - CLOCK_MARGIN_MS < Date.now() || credential.token === refused
  if (stale && !(await refreshOrExpire())) throw new ApiError(notSignedIn(), {})
  return credential!.token
}

async function authorizedFetch(request: Request): Promise<Response> {
  if (new URL(request.url).pathname.startsWith('/api/v1/auth/')) return send(withToken(request))
  // Not a turn is lost where nobody leaves: between the question and the list, a sign-out could slip in.
  if (leaving) await leaving
  if (over) return notSignedIn()
  const pending = sendAuthorized(request)
  onTheWay.add(pending)
  try {
    return await pending
  } finally {
    onTheWay.delete(pending)
  }
}

const notSignedIn = () => new Response(null, { status: 401 })

/** Adds the bearer token, refreshes it once when it is stale or refused, then gives up as 401. */
async function sendAuthorized(request: Request): Promise<Response> {
  const spare = request.clone()
  if (credential && credential.expiresAt - CLOCK_MARGIN_MS < Date.now()) await refreshOrExpire()
  const used = credential?.token
  const response = await send(withToken(request))
  if (response.status !== 401) return response
  // Another request may have refreshed while this one was on its way.
  if (credential?.token === used && !(await refreshOrExpire())) return response
  return send(withToken(spare))
}

async function refreshOrExpire(): Promise<boolean> {
  try {
    await refreshCredential()
    return true
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    forgetCredential()
    onExpired()
    return false
  }
}

function withToken(request: Request): Request {
  if (credential) request.headers.set('Authorization', `Bearer ${credential.token}`)
  return request
}

async function readProblem(response: Response): Promise<Partial<Problem>> {
  try {
    return (await response.json()) as Partial<Problem>
  } catch {
    return {}
  }
}

function absolute(path: string): string {
  return new URL(path, location.origin).href
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: 'same-origin',
  fetch: authorizedFetch,
})

/** Unwraps an answer of `api`: its data, or an ApiError thrown. */
export async function answer<T>(pending: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await pending
  if (!response.ok) {
    throw new ApiError(response, typeof error === 'object' && error !== null ? (error as Partial<Problem>) : {})
  }
  return data as T
}
