// Owns the promises of an open note: read, edited, left while unsaved, found again. Refuses components.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { acceptGrant } from '@/api/client'
import { useSession } from '@/features/accounts/session'
import { grant, makeNote } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { hasUnsavedWork } from '@/lib/unsaved'
import { useNote } from './useNote'

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
})

function open(id: string, isNew = false) {
  const scope = effectScope()
  const saved = vi.fn()
  const note = scope.run(() => useNote(id, isNew, { saved }))!
  return { note, saved, leave: () => scope.stop() }
}

const loaded = (note: ReturnType<typeof useNote>) => vi.waitFor(() => expect(note.loading.value).toBe(false))

describe('useNote', () => {
  it('reads the note and saves an edit on the version it read', async () => {
    const stored = makeNote({ id: 'a', version: 7 })
    on('get', '/api/v1/notes/{id}', () => stored)
    const patch = on('patch', '/api/v1/notes/{id}', () => ({ ...stored, version: 8, title: 'New' }))
    const { note, saved } = open('a')
    await loaded(note)
    note.edit({ title: 'New' })
    await note.flush()
    expect(patch.mock.calls[0]![0].headers.get('If-Match')).toBe('"v7"')
    expect(patch.mock.calls[0]![0].body).toEqual({ title: 'New' })
    expect(saved).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ version: 8 }))
    expect(note.save.value.phase).toBe('saved')
  })

  it('tells a missing note from a server in trouble', async () => {
    on('get', '/api/v1/notes/{id}', () => problem(404, 'not_found'))
    const missing = open('b').note
    await loaded(missing)
    expect(missing.error.value?.missing).toBe(true)
    on('get', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    const trouble = open('c').note
    await loaded(trouble)
    expect(trouble.error.value?.missing).toBe(false)
  })

  it('creates a new note only with its first words, under the id it was given', async () => {
    const create = on('post', '/api/v1/notes', ({ body }) => makeNote(body as object))
    const { note, leave } = open('0190f3a0-0000-7000-8000-0000000000ff', true)
    await note.flush()
    expect(create).not.toHaveBeenCalled()
    note.edit({ body: 'first words' })
    await note.flush()
    const call = create.mock.calls[0]![0]
    expect(call.body).toMatchObject({ id: '0190f3a0-0000-7000-8000-0000000000ff', body: 'first words' })
    expect(call.headers.get('Idempotency-Key')).toBe('0190f3a0-0000-7000-8000-0000000000ff')
    leave()
    expect(hasUnsavedWork()).toBe(false)
  })

  it('goes on saving after the note was left, and finds the draft when it is opened again', async () => {
    const stored = makeNote({ id: 'd' })
    on('get', '/api/v1/notes/{id}', () => stored)
    on('patch', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    const first = open('d')
    await loaded(first.note)
    first.note.edit({ body: 'kept in trouble' })
    first.leave()
    await vi.waitFor(() => expect(hasUnsavedWork()).toBe(true))

    on('patch', '/api/v1/notes/{id}', ({ body }) => ({ ...stored, ...(body as object), version: 2 }))
    const again = open('d')
    expect(again.note.draft.value.body).toBe('kept in trouble')
    await again.note.flush()
    await vi.waitFor(() => expect(again.note.save.value.phase).toBe('saved'))
    again.leave()
    expect(hasUnsavedWork()).toBe(false)
  })

  it('drops the draft when its writer signs out: the next person must not find it', async () => {
    on('get', '/api/v1/notes/{id}', () => makeNote({ id: 'f' }))
    on('patch', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    const left = open('f')
    await loaded(left.note)
    left.note.edit({ body: 'private' })
    left.leave()
    const still = open('g')
    await loaded(still.note)
    still.note.edit({ body: 'private too' })
    useSession().abandon()
    still.leave()
    expect(hasUnsavedWork()).toBe(false)
  })

  it('takes over a pin set from outside without touching the text', async () => {
    const stored = makeNote({ id: 'e', version: 1 })
    on('get', '/api/v1/notes/{id}', () => stored)
    const patch = on('patch', '/api/v1/notes/{id}', () => ({ ...stored, version: 3 }))
    const { note } = open('e')
    await loaded(note)
    note.accept({ ...stored, pinned: true, version: 2 })
    expect(note.note.value?.pinned).toBe(true)
    note.edit({ body: 'more' })
    await note.flush()
    expect(patch.mock.calls[0]![0].headers.get('If-Match')).toBe('"v2"')
    expect(patch.mock.calls[0]![0].body).toEqual({ body: 'more' })
  })
})
