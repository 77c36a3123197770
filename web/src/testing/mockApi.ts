// Mock of the API for specs: a fetch with handlers by method and path, typed by the OpenAPI spec. Requests without a
// handler fail.
import { vi } from 'vitest'
import type { paths, Problem } from '@/api/types'

type Method = 'get' | 'post' | 'patch' | 'put' | 'delete'
type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? paths[P][M] : never
type Contents<O> = O extends { responses: infer R } ? R[keyof R & (200 | 201)] : never
type Body<C> = C extends { content: { 'application/json': infer B } } ? B : undefined

export interface Call {
  url: URL
  headers: Headers
  body: unknown
  signal: AbortSignal
}

type Handler = (call: Call) => Response | Promise<Response>
const handlers = new Map<string, Handler>()

const pattern = (path: string) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)

/** Sets the handler of an operation. */
export function on<P extends keyof paths, M extends Method>(
  method: M,
  path: P,
  reply: (
    call: Call,
  ) => Body<Contents<Operation<P, M>>> | Response | Promise<Body<Contents<Operation<P, M>>> | Response>,
) {
  const handler = vi.fn(async (call: Call) => {
    const answer: unknown = await reply(call)
    if (answer instanceof Response) return answer
    return answer === undefined ? new Response(null, { status: 204 }) : Response.json(answer)
  })
  handlers.set(`${method.toUpperCase()} ${path}`, handler)
  return handler
}

export function problem(status: number, code: string, more: Partial<Problem> = {}): Response {
  const body: Problem = { type: 'about:blank', title: code, status, code, request_id: 'test', ...more }
  return Response.json(body, { status, headers: { 'content-type': 'application/problem+json' } })
}

/** Installs the mock; for `beforeEach`. */
export function useMockApi() {
  handlers.clear()
  vi.stubGlobal('fetch', async (input: RequestInfo | URL) => {
    const request = input as Request
    const url = new URL(request.url)
    const key = [...handlers.keys()].find((candidate) => {
      const [method, path = ''] = candidate.split(' ')
      return method === request.method && pattern(path).test(url.pathname)
    })
    if (!key) throw new Error(`no handler for ${request.method} ${url.pathname}`)
    const text = await request.text()
    return handlers.get(key)!({
      url,
      headers: request.headers,
      body: text ? JSON.parse(text) : undefined,
      signal: request.signal,
    })
  })
}
