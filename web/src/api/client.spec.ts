// Specs of the HTTP client: one refresh for concurrent requests, one retry for each, logout, and errors.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { grant, makeNote } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { acceptGrant, answer, api, clearCredential, endSession, listenToCredentials, getAccessToken } from './client'
import { ApiError, describeError, NetworkError } from './errors'

const expired = vi.fn()
const readNote = (id: string) => answer(api.GET('/api/v1/notes/{id}', { params: { path: { id } } }))

beforeEach(() => {
  useMockApi()
  expired.mockReset()
  listenToCredentials({ granted: () => {}, expired })
})
afterEach(() => {
  clearCredential()
  vi.unstubAllGlobals()
})

const bearer = (headers: Headers) => headers.get('Authorization')

describe('the access token', () => {
  it('is refreshed once for concurrent 401s, and every request is repeated', async () => {
    acceptGrant(grant('old'))
    const refresh = on('post', '/api/v1/auth/refresh', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return grant('new')
    })
    const read = on('get', '/api/v1/notes/{id}', ({ headers }) =>
      bearer(headers) === 'Bearer new' ? makeNote() : problem(401, 'unauthorized'),
    )
    const notes = await Promise.all(['a', 'b', 'c'].map((id) => readNote(id)))
    expect(notes).toHaveLength(3)
    expect(refresh).toHaveBeenCalledTimes(1)
    expect(read).toHaveBeenCalledTimes(6)
    expect(expired).not.toHaveBeenCalled()
  })

  it('is refreshed before it is sent if it has expired', async () => {
    acceptGrant(grant('old', 5))
    on('post', '/api/v1/auth/refresh', () => grant('new'))
    const read = on('get', '/api/v1/notes/{id}', () => makeNote())
    await readNote('a')
    expect(read.mock.calls.map(([call]) => bearer(call.headers))).toEqual(['Bearer new'])
  })

  it('is available to libraries, and a new one if the server rejected it', async () => {
    acceptGrant(grant('old'))
    const refresh = on('post', '/api/v1/auth/refresh', () => grant('new'))
    expect(await getAccessToken()).toBe('old')
    expect(await getAccessToken('older')).toBe('old')
    expect(refresh).not.toHaveBeenCalled()
    expect(await Promise.all([getAccessToken('old'), getAccessToken('old')])).toEqual(['new', 'new'])
    expect(refresh).toHaveBeenCalledTimes(1)
    on('post', '/api/v1/auth/refresh', () => problem(401, 'unauthorized'))
    await expect(getAccessToken('new')).rejects.toMatchObject({ status: 401 })
    expect(expired).toHaveBeenCalledTimes(1)
  })

  it('is given up with a 401 when the refresh is rejected, which expires the session', async () => {
    acceptGrant(grant('old'))
    on('post', '/api/v1/auth/refresh', () => problem(401, 'unauthorized'))
    on('get', '/api/v1/notes/{id}', () => problem(401, 'unauthorized'))
    await expect(readNote('a')).rejects.toMatchObject({ status: 401 })
    expect(expired).toHaveBeenCalledTimes(1)
  })

  it('is not used after a logout: requests in flight are answered before, later ones are not sent', async () => {
    acceptGrant(grant('token'))
    const order: string[] = []
    const read = on('get', '/api/v1/notes/{id}', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push('note')
      return makeNote()
    })
    const refresh = on('post', '/api/v1/auth/refresh', () => problem(401, 'unauthorized'))
    on('post', '/api/v1/auth/logout', () => {
      order.push('logout')
      return new Response(null, { status: 204 })
    })
    const early = readNote('early')
    await vi.waitFor(() => expect(read).toHaveBeenCalled())
    const logout = endSession(() => answer(api.POST('/api/v1/auth/logout')))
    const late = expect(readNote('late')).rejects.toMatchObject({ status: 401 })
    await Promise.all([early, logout, late])
    expect(order).toEqual(['note', 'logout'])
    await expect(readNote('later')).rejects.toMatchObject({ status: 401 })
    await expect(getAccessToken()).rejects.toMatchObject({ status: 401 })
    expect([read, refresh].map((mock) => mock.mock.calls.length)).toEqual([1, 0])
    acceptGrant(grant('another'))
    await expect(readNote('again')).resolves.toBeTruthy()
  })

  it('stays in use when the logout fails', async () => {
    acceptGrant(grant('token'))
    on('get', '/api/v1/notes/{id}', () => makeNote())
    const logout = endSession(() => Promise.reject(new NetworkError('no answer')))
    const during = readNote('a')
    await expect(logout).rejects.toBeInstanceOf(NetworkError)
    await expect(during).resolves.toBeTruthy()
  })

  it('is kept when the refresh fails with a server error', async () => {
    acceptGrant(grant('old'))
    on('post', '/api/v1/auth/refresh', () => problem(503, 'unavailable'))
    on('get', '/api/v1/notes/{id}', () => problem(401, 'unauthorized'))
    await expect(readNote('a')).rejects.toMatchObject({ status: 503 })
    expect(expired).not.toHaveBeenCalled()
  })
})

describe('errors', () => {
  it('become an ApiError with the code and the fields of the problem document', async () => {
    on('get', '/api/v1/notes/{id}', () =>
      problem(422, 'invalid', { detail: 'No.', errors: [{ field: 'title', code: 'too_long', detail: 'Too long.' }] }),
    )
    const error = await readNote('a').catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(ApiError)
    expect((error as ApiError).field('title')).toBe('Too long.')
    expect(describeError(error)).toBe('No.')
  })

  it('become a NetworkError when the server does not answer', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
    await expect(readNote('a')).rejects.toBeInstanceOf(NetworkError)
  })

  it('include how long to wait', async () => {
    on('get', '/api/v1/notes/{id}', () => new Response('{}', { status: 429, headers: { 'Retry-After': '42' } }))
    const error = await readNote('a').catch((failure: unknown) => failure)
    expect(describeError(error)).toContain('in 42 seconds')
  })
})
