// Sends one attempt of an upload by the tus protocol, starting at the offset of the server, and classifies errors.
import type { DetailedError, HttpRequest, HttpResponse } from 'tus-js-client'
import { getAccessToken } from '@/api/client'
import { ApiError, NetworkError } from '@/api/errors'
import type { Problem } from '@/api/types'
import type { Failure, SendEvents, UploadRecord } from './queue'

const CHUNK_BYTES = 8 * 1024 * 1024
const ENDPOINT = '/api/v1/uploads'
let rejectedToken: string | undefined

export const uploadUrl = (fileId: string) => `${location.origin}${ENDPOINT}/${fileId}`

/** The returned function aborts the attempt. The server keeps what it has received. */
export function sendByTus(upload: UploadRecord, bytes: Blob, events: SendEvents): () => void {
  let aborted = false
  let abort = () => {}
  void run().catch((error: unknown) => {
    if (!aborted) events.failed(classifyError(error))
  })
  return () => {
    aborted = true
    abort()
  }

  async function run() {
    const { Upload } = await loadClient()
    if (aborted) return
    let token = ''
    const client = new Upload(bytes, {
      // Without an endpoint an error at the existing URL cannot create a second upload.
      ...(upload.url ? { uploadUrl: upload.url } : { endpoint: `${location.origin}${ENDPOINT}` }),
      metadata: { filename: upload.name, filetype: upload.type, id: upload.fileId },
      chunkSize: CHUNK_BYTES,
      retryDelays: null,
      storeFingerprintForResuming: false,
      async onBeforeRequest(request: HttpRequest) {
        token = await getAccessToken(rejectedToken)
        request.setHeader('Authorization', `Bearer ${token}`)
      },
      onAfterResponse(_: HttpRequest, response: HttpResponse) {
        if (response.getStatus() === 401) rejectedToken = token
      },
      onUploadUrlAvailable: () => client.url && client.url !== upload.url && events.created(client.url),
      onProgress: events.progress,
      onSuccess: events.done,
      onError: (error) => events.failed(classifyError(error)),
    })
    abort = () => void client.abort().catch(() => {})
    client.start()
  }
}

/** The chunk may be missing after a deployment or on a bad connection: retried like a network error. */
async function loadClient() {
  try {
    return await import('tus-js-client')
  } catch (error) {
    throw new NetworkError('no answer', { cause: error })
  }
}

export function classifyError(error: unknown): Failure {
  if (error instanceof NetworkError) return { kind: 'network' }
  if (error instanceof ApiError && error.status === 401) return { kind: 'signed-out' }
  if (error instanceof ApiError) return classifyStatus(error.status, error.problem, error.retryAfterMs)
  const response = (error as Partial<DetailedError>).originalResponse
  if (response) return classifyStatus(response.getStatus(), readProblem(response.getBody()), retryAfter(response))
  // Renewing the token has failed.
  const cause = (error as Partial<DetailedError>).causingError
  if (cause instanceof ApiError || cause instanceof NetworkError) return classifyError(cause)
  return 'originalRequest' in (error as object)
    ? { kind: 'network' }
    : { kind: 'rejected', reason: 'Something unexpected happened.' }
}

function classifyStatus(status: number, problem: Partial<Problem>, retryAfterMs: number | undefined): Failure {
  const reason = problem.detail || problem.title || `The server answered ${status}.`
  if (status === 0) return { kind: 'network' }
  if (status === 401) return { kind: 'token-expired', reason }
  if (status === 404 || status === 410) return { kind: 'not-found', reason }
  if (problem.code === 'id_taken') return { kind: 'id-taken', reason }
  if (status === 507) return { kind: 'rejected', reason, code: problem.code }
  if (status === 409 && problem.code !== 'attachments_full') return { kind: 'busy', retryAfterMs }
  if (status >= 500 || [408, 423, 429, 460].includes(status)) return { kind: 'busy', retryAfterMs }
  return { kind: 'rejected', reason, code: problem.code }
}

function readProblem(body: string): Partial<Problem> {
  try {
    return JSON.parse(body) as Partial<Problem>
  } catch {
    return {}
  }
}

function retryAfter(response: HttpResponse): number | undefined {
  const seconds = Number(response.getHeader('Retry-After') ?? NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}
