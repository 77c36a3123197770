// Owns the promises of the autosave: nothing typed is lost, nothing is saved twice, nothing of
// somebody else's is overwritten. Refuses components.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError, NetworkError } from '@/api/errors'
import type { Note, Problem } from '@/api/types'
import { Autosave, type AutosaveOptions, type Draft, type SavePhase } from './autosave'

const ID = '0190f3a0-0000-7000-8000-000000000001'

function note(change: Partial<Note> = {}): Note {
  return {
    id: ID,
    version: 1,
    title: 'Title',
    body: 'Body',
    excerpt: 'Body',
    pinned: false,
    archived: false,
    notebook_id: null,
    tags: [],
    checklist: { open: 0, total: 0 },
    purge_at: null,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    ...change,
  }
}

function refusal(status: number, problem: Partial<Problem> = {}) {
  return new ApiError(new Response(null, { status }), problem)
}

function start(options: Partial<AutosaveOptions> = {}) {
  const phases: SavePhase[] = []
  const replaced: Draft[] = []
  const create = vi.fn<AutosaveOptions['create']>(async (draft) => note({ ...draft, version: 1 }))
  const update = vi.fn<AutosaveOptions['update']>(async (_, version, patch) => note({ ...patch, version: version + 1 }))
  const autosave = new Autosave({
    id: ID,
    create,
    update,
    onState: (state) => phases.push(state.phase),
    onSaved: () => {},
    onReplaced: (draft) => replaced.push(draft),
    isOnline: () => true,
    ...options,
  })
  return { autosave, create, update, phases, replaced }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a new note', () => {
  it('is not created before something stands in it', async () => {
    const { autosave, create } = start()
    await autosave.flush()
    autosave.edit({ body: 'x' })
    autosave.edit({ body: '' })
    await vi.advanceTimersByTimeAsync(2000)
    expect(create).not.toHaveBeenCalled()
    expect(autosave.state.phase).toBe('empty')
  })

  it('is created once, then patched', async () => {
    const { autosave, create, update } = start()
    autosave.edit({ body: 'first' })
    await vi.advanceTimersByTimeAsync(600)
    expect(create).toHaveBeenCalledWith({ id: ID, title: '', body: 'first', pinned: false, archived: false }, ID)
    autosave.edit({ body: 'first second' })
    await vi.advanceTimersByTimeAsync(600)
    expect(update).toHaveBeenCalledWith(ID, 1, { body: 'first second' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('repeats a creation word by word after a lost reply and then sends what came later', async () => {
    const { autosave, create, update } = start()
    create.mockRejectedValueOnce(new NetworkError('lost'))
    autosave.edit({ body: 'first' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('retrying')
    autosave.edit({ body: 'first second' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(create.mock.calls.map(([draft]) => draft.body)).toEqual(['first', 'first'])
    expect(update).toHaveBeenCalledWith(ID, 1, { body: 'first second' })
    expect(autosave.unsaved).toBe(false)
  })
})

describe('typing', () => {
  it('waits for a pause and sends only what changed', async () => {
    const { autosave, update } = start({ note: note() })
    for (const body of ['a', 'ab', 'abc']) {
      autosave.edit({ body })
      await vi.advanceTimersByTimeAsync(300)
    }
    expect(update).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(300)
    expect(update).toHaveBeenCalledExactlyOnceWith(ID, 1, { body: 'abc' })
  })

  it('never has two saves under way', async () => {
    let finish: (saved: Note) => void = () => {}
    const { autosave, update } = start({ note: note() })
    update.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)))
    autosave.edit({ body: 'one' })
    void autosave.flush()
    autosave.edit({ body: 'two' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(update).toHaveBeenCalledTimes(1)
    finish(note({ body: 'one', version: 2 }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(update).toHaveBeenLastCalledWith(ID, 2, { body: 'two' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('counts as saved again when the change is taken back', async () => {
    const { autosave, update } = start({ note: note() })
    autosave.edit({ body: 'other' })
    autosave.edit({ body: 'Body' })
    await vi.advanceTimersByTimeAsync(2000)
    expect(autosave.state.phase).toBe('saved')
    expect(update).not.toHaveBeenCalled()
  })
})

describe('trouble', () => {
  it('retries with growing pauses, keeps the text, and says so', async () => {
    const { autosave, update } = start({ note: note() })
    update.mockRejectedValueOnce(refusal(503)).mockRejectedValueOnce(new NetworkError('down'))
    autosave.edit({ body: 'kept' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('retrying')
    expect(autosave.unsaved).toBe(true)
    await vi.advanceTimersByTimeAsync(4500)
    expect(update).toHaveBeenCalledTimes(3)
    expect(update).toHaveBeenLastCalledWith(ID, 1, { body: 'kept' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('says offline, and sends at once when the line is back', async () => {
    const { autosave, update } = start({ note: note(), isOnline: () => false })
    update.mockRejectedValueOnce(new NetworkError('down'))
    autosave.edit({ body: 'kept' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('offline')
    autosave.resume()
    await vi.advanceTimersByTimeAsync(0)
    expect(autosave.state.phase).toBe('saved')
  })

  it('waits for a new sign-in and then goes on', async () => {
    const { autosave, update } = start({ note: note() })
    update.mockRejectedValueOnce(refusal(401))
    autosave.edit({ body: 'kept' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(autosave.state.phase).toBe('signed-out')
    expect(update).toHaveBeenCalledTimes(1)
    autosave.resume()
    await vi.advanceTimersByTimeAsync(0)
    expect(update).toHaveBeenLastCalledWith(ID, 1, { body: 'kept' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('shows what the server refuses and tries again only after an edit', async () => {
    const { autosave, update } = start({ note: note() })
    update.mockRejectedValueOnce(refusal(422, { detail: 'The title is too long.' }))
    autosave.edit({ title: 'long' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(autosave.state).toMatchObject({ phase: 'rejected', reason: 'The title is too long.' })
    expect(update).toHaveBeenCalledTimes(1)
    autosave.edit({ title: 'short' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('saved')
  })
})

describe('a stale version', () => {
  it('is no conflict when the server holds our own save whose reply was lost', async () => {
    const { autosave, update, replaced } = start({ note: note() })
    update
      .mockRejectedValueOnce(new NetworkError('reply lost'))
      .mockRejectedValueOnce(refusal(412, { current: note({ version: 2, body: 'one' }) }))
    autosave.edit({ body: 'one' })
    await vi.advanceTimersByTimeAsync(600)
    autosave.edit({ body: 'one two' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(update).toHaveBeenLastCalledWith(ID, 2, { body: 'one two' })
    expect(autosave.state.phase).toBe('saved')
    expect(replaced).toEqual([])
  })

  it('is merged where the two sides changed different fields', async () => {
    const { autosave, update, replaced } = start({ note: note() })
    update.mockRejectedValueOnce(refusal(412, { current: note({ version: 5, title: 'Their title' }) }))
    autosave.edit({ body: 'My body' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(replaced).toEqual([{ title: 'Their title', body: 'My body', pinned: false, archived: false }])
    expect(update).toHaveBeenLastCalledWith(ID, 5, { body: 'My body' })
  })

  it('stops at a real conflict and keeps both texts', async () => {
    const theirs = note({ version: 5, body: 'Their body' })
    const { autosave, update } = start({ note: note() })
    update.mockRejectedValueOnce(refusal(412, { current: theirs }))
    autosave.edit({ body: 'My body' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(autosave.state).toEqual({ phase: 'conflict', theirs })
    autosave.edit({ body: 'My body, longer' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(update).toHaveBeenCalledTimes(1)
    await autosave.keepMine()
    expect(update).toHaveBeenLastCalledWith(ID, 5, { body: 'My body, longer' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('lets theirs be taken', async () => {
    const theirs = note({ version: 5, body: 'Their body' })
    const { autosave, update, replaced } = start({ note: note() })
    update.mockRejectedValueOnce(refusal(412, { current: theirs }))
    autosave.edit({ body: 'My body' })
    await vi.advanceTimersByTimeAsync(3000)
    autosave.takeTheirs()
    expect(replaced.at(-1)?.body).toBe('Their body')
    expect(autosave.state.phase).toBe('saved')
    expect(autosave.unsaved).toBe(false)
  })

  it('tells that the note is gone', async () => {
    const { autosave, update } = start({ note: note() })
    update.mockRejectedValueOnce(refusal(404))
    autosave.edit({ body: 'My body' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(autosave.state).toEqual({ phase: 'conflict', theirs: null })
    expect(autosave.unsaved).toBe(true)
  })
})
