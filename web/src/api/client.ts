// The HTTP client: base URL, bearer token, token refresh, and problem documents as ApiError. The token is in memory only.
import createClient from 'openapi-fetch'
import { ApiError, NetworkError } from './errors'
import type { paths, Problem, TokenGrant } from './types'

const REFRESH_PATH = '/api/v1/auth/refresh'
const CLOCK_MARGIN_MS = 15_000
/** How long a logout waits for the requests in flight. */
const LOGOUT_WAIT_MS = 2000

interface Credential {
  token: string
  expiresAt: number
}

let credential: Credential | undefined
let refreshing: Promise<TokenGrant> | undefined
/** A logout in progress. */
let loggingOut: Promise<unknown> | undefined
/** After a logout no request is sent until the next login. */
let blocked = false
const inFlight = new Set<Promise<unknown>>()
let onGrant: (grant: TokenGrant) => void = () => {}
let onExpired: () => void = () => {}

/** For the session store. */
export function listenToCredentials(listener: { granted: (grant: TokenGrant) => void; expired: () => void }) {
  onGrant = listener.granted
  onExpired = listener.expired
}

export function acceptGrant(grant: TokenGrant) {
  credential = { token: grant.access_token, expiresAt: Date.now() + grant.expires_in * 1000 }
  blocked = false
  onGrant(grant)
}

export function clearCredential() {
  credential = undefined
}

/** Makes `logout` the last request of the session: it waits for the requests in flight, and later ones wait for it.
 *  The components that are still mounted would otherwise send requests that the server rejects. */
export async function endSession(logout: () => Promise<unknown>): Promise<void> {
  const timeout = new Promise((resolve) => setTimeout(resolve, LOGOUT_WAIT_MS))
  const done = Promise.race([Promise.allSettled(inFlight), timeout]).then(logout)
  loggingOut = done.then(blockRequests, () => {})
  try {
    await done
  } finally {
    loggingOut = undefined
  }
}

/** No request is sent until the next login. */
export function blockRequests() {
  clearCredential()
  blocked = true
}

/** Concurrent callers share one refresh; with Web Locks the tabs refresh one after the other. */
export function refreshCredential(): Promise<TokenGrant> {
  refreshing ??= withLock(requestRefresh).finally(() => {
    refreshing = undefined
  })
  return refreshing
}

function withLock<T>(work: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return work()
  // The type of request() loses T.
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

/** For responses that are read as a stream; all other requests use `api`. */
export function fetchAuthorized(path: string, init: RequestInit): Promise<Response> {
  return authorizedFetch(new Request(absolute(path), { credentials: 'same-origin', ...init }))
}

/** The token for requests that a library sends. `rejected` is a token that the server answered with 401. Throws the 401
 *  if there is no other token. */
export async function getAccessToken(rejected?: string): Promise<string> {
  await loggingOut
  if (blocked) throw new ApiError(notSignedIn(), {})
  const stale = !credential || credential.expiresAt - CLOCK_MARGIN_MS < Date.now() || credential.token === rejected
  if (stale && !(await refreshOrExpire())) throw new ApiError(notSignedIn(), {})
  return credential!.token
}

async function authorizedFetch(request: Request): Promise<Response> {
  if (new URL(request.url).pathname.startsWith('/api/v1/auth/')) return send(withToken(request))
  // No unconditional await: a logout could start before the request is in `inFlight`.
  if (loggingOut) await loggingOut
  if (blocked) return notSignedIn()
  const pending = sendAuthorized(request)
  inFlight.add(pending)
  try {
    return await pending
  } finally {
    inFlight.delete(pending)
  }
}

const notSignedIn = () => new Response(null, { status: 401 })

/** Adds the bearer token and refreshes it once if it is stale or rejected. */
async function sendAuthorized(request: Request): Promise<Response> {
  const spare = request.clone()
  if (credential && credential.expiresAt - CLOCK_MARGIN_MS < Date.now()) await refreshOrExpire()
  const used = credential?.token
  const response = await send(withToken(request))
  if (response.status !== 401) return response
  // Another request may have refreshed the token in the meantime.
  if (credential?.token === used && !(await refreshOrExpire())) return response
  return send(withToken(spare))
}

async function refreshOrExpire(): Promise<boolean> {
  try {
    await refreshCredential()
    return true
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    clearCredential()
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

/** Returns the data of a response of `api`, or throws its ApiError. */
export async function answer<T>(pending: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await pending
  if (!response.ok) {
    throw new ApiError(response, typeof error === 'object' && error !== null ? (error as Partial<Problem>) : {})
  }
  return data as T
}
