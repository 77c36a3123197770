// Owns what an answer to an upload means for the queue. Refuses the protocol itself: the journeys speak it.
import { describe, expect, it } from 'vitest'
import { ApiError, NetworkError } from '@/api/errors'
import { classifyError } from './tus'

const answered = (status: number, code?: string, headers: Record<string, string> = {}) => ({
  originalRequest: {},
  originalResponse: {
    getStatus: () => status,
    getBody: () => (code ? JSON.stringify({ code, detail: `about ${code}` }) : '<html>'),
    getHeader: (name: string) => headers[name],
  },
})

describe('an answer', () => {
  it.each([
    [401, undefined, 'token'],
    [404, 'not_found', 'gone'],
    [410, undefined, 'gone'],
    [409, 'id_taken', 'taken'],
    [409, 'offset_mismatch', 'busy'],
    [409, 'upload_taken_over', 'busy'],
    [409, 'attachments_full', 'refused'],
    [413, 'file_too_large', 'refused'],
    [423, undefined, 'busy'],
    [429, undefined, 'busy'],
    [460, undefined, 'busy'],
    [502, undefined, 'busy'],
    [507, 'quota_exceeded', 'refused'],
  ] as const)('of %i %s is %s', (status, code, kind) => expect(classifyError(answered(status, code))).toMatchObject({ kind }))

  it('that refuses is told in the words of the server', () => {
    expect(classifyError(answered(507, 'quota_exceeded'))).toEqual({
      kind: 'refused',
      code: 'quota_exceeded',
      reason: 'about quota_exceeded',
    })
  })

  it('may ask for patience', () =>
    expect(classifyError(answered(503, undefined, { 'Retry-After': '7' }))).toMatchObject({ kind: 'busy', retryAfterMs: 7000 }))

  it('that never came is a matter of the line, also on the way to a token', () => {
    expect(classifyError({ originalRequest: {}, originalResponse: null })).toEqual({ kind: 'network' })
    expect(classifyError({ originalRequest: {}, causingError: new NetworkError('no answer') })).toEqual({ kind: 'network' })
    expect(classifyError({ originalRequest: {}, causingError: new ApiError(new Response(null, { status: 401 }), {}) })).toEqual(
      { kind: 'signed-out' },
    )
  })
})
