// Errors of requests: ApiError if the server answered with an error, NetworkError if it did not answer.
import type { Problem } from './types'

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly problem: Partial<Problem>

  constructor(response: Response, problem: Partial<Problem>) {
    super(problem.detail || problem.title || `The server answered ${response.status}.`)
    this.status = response.status
    this.code = problem.code ?? `http_${response.status}`
    this.requestId = problem.request_id ?? response.headers.get('X-Request-Id') ?? undefined
    this.retryAfterMs = retryAfter(response.headers.get('Retry-After'))
    this.problem = problem
  }

  /** The error of one form field, if there is one. */
  field(name: string): string | undefined {
    return this.problem.errors?.find((error) => error.field === name)?.detail
  }
}

export class NetworkError extends Error {
  override readonly name = 'NetworkError'
}

export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

/** The message to show for any thrown value. */
export function describeError(error: unknown): string {
  if (error instanceof NetworkError) return 'The server could not be reached. Check your connection and try again.'
  if (error instanceof ApiError) {
    if (error.status === 429) return `Too many attempts. Try again ${waitText(error.retryAfterMs)}.`
    if (error.status >= 500) {
      const reference = error.requestId ? ` Reference: ${error.requestId}` : ''
      return `Something went wrong on the server. Try again in a moment.${reference}`
    }
    return error.message
  }
  return 'Something unexpected happened. Try again.'
}

function waitText(ms: number | undefined): string {
  if (ms === undefined) return 'in a moment'
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  if (seconds < 90) return `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`
  return `in ${Math.ceil(seconds / 60)} minutes`
}

function retryAfter(header: string | null): number | undefined {
  if (!header) return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}
