// Specs of classifying errors of an upload. The protocol is tested by the journeys.
import { describe, expect, it } from 'vitest'
import { ApiError, NetworkError } from '@/api/errors'
import { classifyError } from './tus'

const answerOf = (status: number, code?: string, headers: Record<string, string> = {}) => ({
  originalRequest: {},
  originalResponse: {
    getStatus: () => status,
    getBody: () => (code ? JSON.stringify({ code, detail: `about ${code}` }) : '<html>'),
    getHeader: (name: string) => headers[name],
  },
})

describe('an answer', () => {
  it.each([
    [401, undefined, 'token-expired'],
    [404, 'not_found', 'not-found'],
    [410, undefined, 'not-found'],
    [409, 'id_taken', 'id-taken'],
    [409, 'offset_mismatch', 'busy'],
    [409, 'upload_taken_over', 'busy'],
    [409, 'attachments_full', 'rejected'],
    [413, 'file_too_large', 'rejected'],
    [423, undefined, 'busy'],
    [429, undefined, 'busy'],
    [460, undefined, 'busy'],
    [502, undefined, 'busy'],
    [507, 'quota_exceeded', 'rejected'],
  ] as const)('of %i %s is %s', (status, code, kind) =>
    expect(classifyError(answerOf(status, code))).toMatchObject({ kind }),
  )

  it('with a rejection has the message of the server', () => {
    expect(classifyError(answerOf(507, 'quota_exceeded'))).toEqual({
      kind: 'rejected',
      code: 'quota_exceeded',
      reason: 'about quota_exceeded',
    })
  })

  it('can contain Retry-After', () =>
    expect(classifyError(answerOf(503, undefined, { 'Retry-After': '7' }))).toMatchObject({
      kind: 'busy',
      retryAfterMs: 7000,
    }))

  it('that is missing is a network error, also while renewing the token', () => {
    expect(classifyError({ originalRequest: {}, originalResponse: null })).toEqual({ kind: 'network' })
    expect(classifyError({ originalRequest: {}, causingError: new NetworkError('no answer') })).toEqual({
      kind: 'network',
    })
    expect(
      classifyError({ originalRequest: {}, causingError: new ApiError(new Response(null, { status: 401 }), {}) }),
    ).toEqual({ kind: 'signed-out' })
  })
})
