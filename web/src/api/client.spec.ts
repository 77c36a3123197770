// Owns the promises of the client: one refresh for all, one retry each, plain errors. Refuses screens.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { grant, makeNote } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { acceptGrant, answer, api, forgetCredential, leaveWith, listenToCredentials, presentToken } from './client'
import { ApiError, describeError, NetworkError } from './errors'

const expired = vi.fn()
const readNote = (id: string) => answer(api.GET('/api/v1/notes/{id}', { params: { path: { id } } }))

beforeEach(() => {
  useMockApi()
  expired.mockReset()
  listenToCredentials({ granted: () => {}, expired })
})
afterEach(() => {
  forgetCredential()
  vi.unstubAllGlobals()
})

const bearer = (headers: Headers) => headers.get('Authorization')

describe('the bearer token', () => {
  it('is refreshed once for concurrent refusals, and every request is repeated', async () => {
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

  it('is refreshed before it is sent when its time is over', async () => {
    acceptGrant(grant('old', 5))
    on('post', '/api/v1/auth/refresh', () => grant('new'))
    const read = on('get', '/api/v1/notes/{id}', () => makeNote())
    await readNote('a')
    expect(read.mock.calls.map(([call]) => bearer(call.headers))).toEqual(['Bearer new'])
  })

  it('is there for a library that sends by itself, and another one when the server refused it', async () => {
    acceptGrant(grant('old'))
    const refresh = on('post', '/api/v1/auth/refresh', () => grant('new'))
    expect(await presentToken()).toBe('old')
    expect(await presentToken('older')).toBe('old')
    expect(refresh).not.toHaveBeenCalled()
    expect(await Promise.all([presentToken('old'), presentToken('old')])).toEqual(['new', 'new'])
    expect(refresh).toHaveBeenCalledTimes(1)
    on('post', '/api/v1/auth/refresh', () => problem(401, 'unauthorized'))
    await expect(presentToken('new')).rejects.toMatchObject({ status: 401 })
    expect(expired).toHaveBeenCalledTimes(1)
  })

  it('gives up as 401 and tells the session when the refresh is refused', async () => {
    acceptGrant(grant('old'))
    on('post', '/api/v1/auth/refresh', () => problem(401, 'unauthorized'))
    on('get', '/api/v1/notes/{id}', () => problem(401, 'unauthorized'))
    await expect(readNote('a')).rejects.toMatchObject({ status: 401 })
    expect(expired).toHaveBeenCalledTimes(1)
  })

  it('is not used after a sign-out: what was on its way is answered before, what came meanwhile stays here', async () => {
    acceptGrant(grant('token'))
    const told: string[] = []
    const read = on('get', '/api/v1/notes/{id}', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      told.push('note')
      return makeNote()
    })
    const refresh = on('post', '/api/v1/auth/refresh', () => problem(401, 'unauthorized'))
    on('post', '/api/v1/auth/logout', () => {
      told.push('logout')
      return new Response(null, { status: 204 })
    })
    const early = readNote('early')
    await vi.waitFor(() => expect(read).toHaveBeenCalled())
    const out = leaveWith(() => answer(api.POST('/api/v1/auth/logout')))
    const late = expect(readNote('late')).rejects.toMatchObject({ status: 401 })
    await Promise.all([early, out, late])
    expect(told).toEqual(['note', 'logout'])
    await expect(readNote('later')).rejects.toMatchObject({ status: 401 })
    await expect(presentToken()).rejects.toMatchObject({ status: 401 })
    expect([read, refresh].map((mock) => mock.mock.calls.length)).toEqual([1, 0])
    acceptGrant(grant('another'))
    await expect(readNote('again')).resolves.toBeTruthy()
  })

  it('stays in use when the sign-out did not get through', async () => {
    acceptGrant(grant('token'))
    on('get', '/api/v1/notes/{id}', () => makeNote())
    const out = leaveWith(() => Promise.reject(new NetworkError('no answer')))
    const meanwhile = readNote('a')
    await expect(out).rejects.toBeInstanceOf(NetworkError)
    await expect(meanwhile).resolves.toBeTruthy()
  })

  it('is kept when the refresh meets a server in trouble: nobody is signed out by a hiccup', async () => {
    acceptGrant(grant('old'))
    on('post', '/api/v1/auth/refresh', () => problem(503, 'unavailable'))
    on('get', '/api/v1/notes/{id}', () => problem(401, 'unauthorized'))
    await expect(readNote('a')).rejects.toMatchObject({ status: 503 })
    expect(expired).not.toHaveBeenCalled()
  })
})

describe('failures', () => {
  it('become an ApiError with the code and the fields of the problem', async () => {
    on('get', '/api/v1/notes/{id}', () =>
      problem(422, 'invalid', { detail: 'No.', errors: [{ field: 'title', code: 'too_long', detail: 'Too long.' }] }),
    )
    const error = await readNote('a').catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(ApiError)
    expect((error as ApiError).field('title')).toBe('Too long.')
    expect(describeError(error)).toBe('No.')
  })

  it('become a NetworkError when no answer comes', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
    await expect(readNote('a')).rejects.toBeInstanceOf(NetworkError)
  })

  it('tell how long to wait', async () => {
    on('get', '/api/v1/notes/{id}', () => new Response('{}', { status: 429, headers: { 'Retry-After': '42' } }))
    const error = await readNote('a').catch((failure: unknown) => failure)
    expect(describeError(error)).toContain('in 42 seconds')
  })
})
