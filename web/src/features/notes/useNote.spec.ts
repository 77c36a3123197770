// Specs of an open note: reading, editing, closing while unsaved, recovering drafts.
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { acceptGrant } from '@/api/client'
import { useSession } from '@/features/accounts/session'
import { grant, makeNote, USER } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { hasUnsavedWork } from '@/lib/unsaved'
import { IndexedDbDraft, takeOrphans } from '@/features/editor/drafts'
import { applyChange } from '@/changes'
import { useNote } from './useNote'

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
})

function open(id: string, isNew = false) {
  const scope = effectScope()
  const saved = vi.fn()
  const note = scope.run(() => useNote(id, isNew, { saved }))!
  return { note, saved, close: () => scope.stop() }
}

const loaded = (note: ReturnType<typeof useNote>) => vi.waitFor(() => expect(note.loading.value).toBe(false))

describe('useNote', () => {
  it('reads the note and saves an edit on the version it read', async () => {
    const stored = makeNote({ id: 'a', version: 7 })
    on('get', '/api/v1/notes/{id}', () => stored)
    const patch = on('patch', '/api/v1/notes/{id}', () => ({
      ...stored,
      merge: 'none' as const,
      version: 8,
      title: 'New',
    }))
    const { note, saved } = open('a')
    await loaded(note)
    note.edit({ title: 'New' })
    await note.flush()
    expect(patch.mock.calls[0]![0].body).toEqual({ title: 'New', base_version: 7, save_id: expect.any(String) })
    expect(saved).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ version: 8 }))
    expect(note.save.value.phase).toBe('saved')
  })

  it('distinguishes a missing note from a server error', async () => {
    on('get', '/api/v1/notes/{id}', () => problem(404, 'not_found'))
    const missing = open('b').note
    await loaded(missing)
    expect(missing.error.value?.missing).toBe(true)
    on('get', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    const failing = open('c').note
    await loaded(failing)
    expect(failing.error.value?.missing).toBe(false)
  })

  it('creates a new note after the first edit, with the given id', async () => {
    const create = on('post', '/api/v1/notes', ({ body }) => makeNote(body as object))
    const { note, close } = open('0190f3a0-0000-7000-8000-0000000000ff', true)
    await note.flush()
    expect(create).not.toHaveBeenCalled()
    note.edit({ body: 'first words' })
    await note.flush()
    const call = create.mock.calls[0]![0]
    expect(call.body).toMatchObject({ id: '0190f3a0-0000-7000-8000-0000000000ff', body: 'first words' })
    expect(call.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/)
    close()
    expect(hasUnsavedWork()).toBe(false)
  })

  it('continues saving after the editor is closed, and shows the draft when it is opened again', async () => {
    const stored = makeNote({ id: 'd' })
    on('get', '/api/v1/notes/{id}', () => stored)
    on('patch', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    const first = open('d')
    await loaded(first.note)
    first.note.edit({ body: 'typed during an outage' })
    first.close()
    await vi.waitFor(() => expect(hasUnsavedWork()).toBe(true))

    on('patch', '/api/v1/notes/{id}', ({ body }) => ({
      ...stored,
      merge: 'none' as const,
      ...(body as object),
      version: 2,
    }))
    const again = open('d')
    expect(again.note.draft.value.body).toBe('typed during an outage')
    await again.note.flush()
    await vi.waitFor(() => expect(again.note.save.value.phase).toBe('saved'))
    again.close()
    expect(hasUnsavedWork()).toBe(false)
  })

  it('deletes the draft at sign-out', async () => {
    on('get', '/api/v1/notes/{id}', () => makeNote({ id: 'f' }))
    on('patch', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    const left = open('f')
    await loaded(left.note)
    left.note.edit({ body: 'private' })
    left.close()
    const still = open('g')
    await loaded(still.note)
    still.note.edit({ body: 'private too' })
    useSession().clear()
    still.close()
    expect(hasUnsavedWork()).toBe(false)
  })

  it('accepts a pin from outside without changing the text', async () => {
    const stored = makeNote({ id: 'e', version: 1 })
    on('get', '/api/v1/notes/{id}', () => stored)
    const patch = on('patch', '/api/v1/notes/{id}', () => ({ ...stored, merge: 'none' as const, version: 3 }))
    const { note } = open('e')
    await loaded(note)
    note.accept({ ...stored, pinned: true, version: 2 })
    expect(note.note.value?.pinned).toBe(true)
    note.edit({ body: 'more' })
    await note.flush()
    expect(patch.mock.calls[0]![0].body).toMatchObject({ body: 'more', base_version: 2 })
  })

  it('shows a newer version from another device, after a pending save if there is one', async () => {
    const stored = makeNote({ id: 'h' })
    on('get', '/api/v1/notes/{id}', () => stored)
    const { note } = open('h')
    await loaded(note)
    on('get', '/api/v1/notes/{id}', () => ({ ...stored, version: 2, body: 'from the phone' }))
    applyChange({ seq: 1, kind: 'note', id: 'h', op: 'update', version: 2, batch_id: null, at: stored.updated_at })
    await vi.waitFor(() => expect(note.draft.value.body).toBe('from the phone'))
    expect(note.remoteUpdate.value).toBe('updated')

    on('get', '/api/v1/notes/{id}', () => ({ ...stored, version: 4, body: 'from the phone again' }))
    on('patch', '/api/v1/notes/{id}', ({ body }) => ({
      ...stored,
      merge: 'none' as const,
      body: 'from the phone',
      ...(body as object),
      version: 3,
    }))
    note.edit({ title: 'Mine' })
    applyChange({ seq: 2, kind: 'note', id: 'h', op: 'update', version: 4, batch_id: null, at: stored.updated_at })
    expect(note.draft.value.body).toBe('from the phone')
    await note.flush()
    await vi.waitFor(() => expect(note.draft.value.body).toBe('from the phone again'))
  })
})

describe('a draft in this browser', () => {
  const closedPage = '0190f3a0-0000-7000-8000-00000000dead'
  const storeOrphan = (id: string, version: number, body: string) => {
    const empty = { title: '', body: '', pinned: false, archived: false }
    const base = { version, draft: version ? { ...empty, title: 'Title', body: 'Body' } : empty }
    return new IndexedDbDraft({
      ownerId: USER.id,
      entityId: id,
      resource: 'note',
      key: [USER.id, id, closedPage, 'left'].join(' '),
    }).put({
      base,
      draft: { ...base.draft, body },
    })
  }
  /** Loads the page again: new modules. */
  async function reload() {
    vi.resetModules()
    const fresh = await import('./useNote')
    ;(await import('@/api/client')).acceptGrant(grant())
    return (id: string) => {
      const scope = effectScope()
      return { note: scope.run(() => fresh.useNote(id, false, { saved: () => {} }))!, close: () => scope.stop() }
    }
  }

  it('opens the note with the draft while the server is unavailable, and saves it later', async () => {
    await storeOrphan('i', 3, 'Body, and what was typed')
    on('get', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    const patch = on('patch', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    const openAgain = await reload()
    const { note, close } = openAgain('i')
    await vi.waitFor(() => expect(note.loading.value).toBe(false))
    expect(note.draft.value.body).toBe('Body, and what was typed')
    await vi.waitFor(() => expect(note.save.value.phase).toBe('retrying'))
    expect(note.stored.value).toBe(true)
    on('patch', '/api/v1/notes/{id}', ({ body }) => ({
      ...makeNote({ id: 'i', ...(body as object), version: 4 }),
      merge: 'none' as const,
    }))
    await note.flush()
    expect(patch.mock.calls[0]![0].body).toMatchObject({ base_version: 3, body: 'Body, and what was typed' })
    expect(note.save.value.phase).toBe('saved')
    expect(note.note.value?.version).toBe(4)
    close()
  })

  it('recovers a note that was never created on the server', async () => {
    await storeOrphan('j', 0, 'first words')
    const create = on('post', '/api/v1/notes', ({ body }) => makeNote(body as object))
    const openAgain = await reload()
    const { note, close } = openAgain('j')
    await vi.waitFor(() => expect(create).toHaveBeenCalled())
    await vi.waitFor(() => expect(note.save.value.phase).toBe('saved'))
    expect(create.mock.calls[0]![0].body).toMatchObject({ id: 'j', body: 'first words' })
    close()
    expect(await takeOrphans(USER.id, 'j')).toEqual([])
  })
})
