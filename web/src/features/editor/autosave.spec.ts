// Specs of the autosave: no text is lost, saved twice or overwritten.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError, NetworkError } from '@/api/errors'
import type { Problem, SavedNote } from '@/api/types'
import { makeNote } from '@/testing/fixtures'
import { Autosave, type AutosaveOptions, type RemoteUpdate, type SavePhase } from './autosave'
import type { DraftState } from './draftState'
import { textSchema } from './schema'

interface Draft {
  title: string
  body: string
  pinned: boolean
  archived: boolean
}

const NOTE_SCHEMA = textSchema<Draft>({ title: '', body: '', pinned: false, archived: false }, 'body')

type Options = AutosaveOptions<SavedNote, Draft>
type Stored = DraftState<Draft>

const ID = '0190f3a0-0000-7000-8000-000000000001'

const note = (change: Partial<SavedNote> = {}): SavedNote => ({ ...makeNote(), merge: 'none', ...change })

function refusal(status: number, problem: Partial<Problem> = {}) {
  return new ApiError(new Response(null, { status }), problem)
}

function start(options: Partial<Options> = {}) {
  const phases: SavePhase[] = []
  const replaced: Draft[] = []
  const updates: RemoteUpdate[] = []
  const create = vi.fn<Options['create']>(async (draft) => note({ ...draft, version: 1 }))
  const save = vi.fn<Options['save']>(async (_, { base_version, save_id: __, ...patch }) =>
    note({ ...patch, version: base_version + 1, merge: 'none' }),
  )
  const read = vi.fn<Options['read']>(async () => note())
  const store = {
    state: null as Stored | null,
    available: true,
    upToDate: true,
    put: vi.fn(async (state: Stored | null) => void (store.state = state)),
    release() {},
  }
  const autosave = new Autosave({
    id: ID,
    schema: NOTE_SCHEMA,
    store,
    create,
    save,
    read,
    onState: (state) => phases.push(state.phase),
    onEntity: () => {},
    onDraft: (draft) => replaced.push(draft),
    onRemoteUpdate: (update) => updates.push(update),
    isOnline: () => true,
    ...options,
  })
  /** The requests without their save ids. */
  const sent = () => save.mock.calls.map(([, { save_id: _, ...request }]) => request)
  const saveIds = () => save.mock.calls.map(([, request]) => request.save_id)
  return { autosave, create, save, read, store, phases, replaced, updates, sent, saveIds }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a new note', () => {
  it('is not created while it is empty', async () => {
    const { autosave, create, store } = start()
    await autosave.flush()
    autosave.edit({ body: 'x' })
    autosave.edit({ body: '' })
    await vi.advanceTimersByTimeAsync(2000)
    expect(create).not.toHaveBeenCalled()
    expect(autosave.state.phase).toBe('empty')
    expect(store.state).toBeNull()
  })

  it('is created once, then patched', async () => {
    const { autosave, create, sent } = start()
    autosave.edit({ body: 'first' })
    await vi.advanceTimersByTimeAsync(600)
    expect(create).toHaveBeenCalledWith(
      { id: ID, title: '', body: 'first', pinned: false, archived: false },
      expect.any(String),
    )
    autosave.edit({ body: 'first second' })
    await vi.advanceTimersByTimeAsync(600)
    expect(sent()).toEqual([{ base_version: 1, body: 'first second' }])
    expect(autosave.state.phase).toBe('saved')
  })

  it('repeats the same creation with the same key after a lost answer, then sends later edits', async () => {
    const { autosave, create, sent } = start()
    create.mockRejectedValueOnce(new NetworkError('lost'))
    autosave.edit({ body: 'first' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('retrying')
    autosave.edit({ body: 'first second' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(create).toHaveBeenCalledTimes(2)
    expect(create.mock.calls[1]).toEqual(create.mock.calls[0])
    expect(sent()).toEqual([{ base_version: 1, body: 'first second' }])
    expect(autosave.unsaved).toBe(false)
  })

  it('continues from version 1 when the server says that the id exists', async () => {
    const { autosave, create, sent } = start()
    create.mockRejectedValueOnce(new NetworkError('lost')).mockRejectedValueOnce(refusal(409, { code: 'id_taken' }))
    autosave.edit({ body: 'first' })
    await vi.advanceTimersByTimeAsync(600)
    autosave.edit({ body: 'first second' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(sent()).toEqual([{ base_version: 1, body: 'first second' }])
    expect(autosave.state.phase).toBe('saved')
  })
})

describe('typing', () => {
  it('is debounced; only changed fields are sent, with the base version', async () => {
    const { autosave, save, sent, saveIds } = start({ entity: note() })
    for (const body of ['a', 'ab', 'abc']) {
      autosave.edit({ body })
      await vi.advanceTimersByTimeAsync(300)
    }
    expect(save).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(300)
    expect(sent()).toEqual([{ base_version: 1, body: 'abc' }])
    expect(saveIds()[0]).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('never sends two saves at once', async () => {
    let finish: (saved: SavedNote) => void = () => {}
    const { autosave, save, sent } = start({ entity: note() })
    save.mockImplementationOnce(() => new Promise((resolve) => (finish = resolve)))
    autosave.edit({ body: 'one' })
    void autosave.flush()
    autosave.edit({ body: 'two' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(save).toHaveBeenCalledTimes(1)
    finish(note({ body: 'one', version: 2 }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(sent()[1]).toEqual({ base_version: 2, body: 'two' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('counts as saved again when the edit is reverted', async () => {
    const { autosave, save, store } = start({ entity: note() })
    autosave.edit({ body: 'other' })
    autosave.edit({ body: 'Body' })
    await vi.advanceTimersByTimeAsync(2000)
    expect(autosave.state.phase).toBe('saved')
    expect(save).not.toHaveBeenCalled()
    expect(store.state).toBeNull()
  })
})

describe('a lost answer', () => {
  it('is requested again with the same save id and content; later edits get another save id', async () => {
    const { autosave, save, sent, saveIds } = start({ entity: note() })
    save.mockRejectedValueOnce(new NetworkError('reply lost')).mockRejectedValueOnce(refusal(502))
    autosave.edit({ body: 'one' })
    await vi.advanceTimersByTimeAsync(600)
    autosave.edit({ body: 'one two' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(sent()).toEqual([
      { base_version: 1, body: 'one' },
      { base_version: 1, body: 'one' },
      { base_version: 1, body: 'one' },
      { base_version: 2, body: 'one two' },
    ])
    expect(new Set(saveIds().slice(0, 3)).size).toBe(1)
    expect(saveIds()[3]).not.toBe(saveIds()[0])
    expect(autosave.state.phase).toBe('saved')
  })

  it('is requested again even if the edit was reverted: the server may have applied it', async () => {
    const { autosave, save, sent } = start({ entity: note() })
    save.mockRejectedValueOnce(new NetworkError('reply lost'))
    autosave.edit({ body: 'oops' })
    await vi.advanceTimersByTimeAsync(600)
    autosave.edit({ body: 'Body' })
    expect(autosave.unsaved).toBe(true)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(sent().map((request) => request.body)).toEqual(['oops', 'oops', 'Body'])
    expect(autosave.unsaved).toBe(false)
  })

  it('is requested again by the next page, from the stored draft', async () => {
    const first = start({ entity: note() })
    first.save.mockRejectedValue(new NetworkError('down'))
    first.autosave.edit({ body: 'one' })
    await vi.advanceTimersByTimeAsync(600)
    first.autosave.edit({ body: 'one two' })
    const recovered = structuredClone(first.store.state!)
    first.autosave.close()

    const { autosave, sent, saveIds } = start({ recovered })
    expect(autosave.text.body).toBe('one two')
    expect(autosave.unsaved).toBe(true)
    await autosave.flush()
    await vi.advanceTimersByTimeAsync(1000)
    expect(sent()).toEqual([
      { base_version: 1, body: 'one' },
      { base_version: 2, body: 'one two' },
    ])
    expect(saveIds()[0]).toBe(first.saveIds()[0])
    expect(autosave.state.phase).toBe('saved')
  })
})

describe('a draft', () => {
  it('is stored from the first key press until the server has it', async () => {
    const { autosave, store } = start({ entity: note() })
    autosave.edit({ body: 'B' })
    expect(store.state).toMatchObject({ base: { version: 1 }, draft: { body: 'B' } })
    await vi.advanceTimersByTimeAsync(600)
    expect(store.put.mock.calls.some(([state]) => state?.attempt?.draft.body === 'B')).toBe(true)
    expect(store.state).toBeNull()
  })

  it('is at risk while this browser has not stored it', async () => {
    const { autosave, store, save } = start({ entity: note() })
    save.mockRejectedValue(new NetworkError('down'))
    autosave.edit({ body: 'B' })
    expect([autosave.unsaved, autosave.atRisk]).toEqual([true, false])
    store.upToDate = false
    expect(autosave.atRisk).toBe(true)
  })

  it('does not wait for a database that does not answer', async () => {
    const { autosave, store, save } = start({ entity: note() })
    store.put.mockImplementation(() => new Promise(() => {}))
    autosave.edit({ body: 'B' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(save).toHaveBeenCalledTimes(1)
    expect(autosave.state.phase).toBe('saved')
  })
})

describe('an error', () => {
  it('is retried with a growing delay; the text stays', async () => {
    const { autosave, save, sent } = start({ entity: note() })
    save.mockRejectedValueOnce(refusal(503)).mockRejectedValueOnce(new NetworkError('down'))
    autosave.edit({ body: 'kept' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('retrying')
    expect(autosave.unsaved).toBe(true)
    await vi.advanceTimersByTimeAsync(4500)
    expect(save).toHaveBeenCalledTimes(3)
    expect(sent()[2]).toEqual({ base_version: 1, body: 'kept' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('while offline is retried at once when the browser is online', async () => {
    const { autosave, save } = start({ entity: note(), isOnline: () => false })
    save.mockRejectedValueOnce(new NetworkError('down'))
    autosave.edit({ body: 'kept' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('offline')
    autosave.resume()
    await vi.advanceTimersByTimeAsync(0)
    expect(autosave.state.phase).toBe('saved')
  })

  it('401 waits until the user has signed in again', async () => {
    const { autosave, save, sent, store } = start({ entity: note() })
    save.mockRejectedValueOnce(refusal(401))
    autosave.edit({ body: 'kept' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(autosave.state.phase).toBe('signed-out')
    expect(save).toHaveBeenCalledTimes(1)
    expect(store.state?.draft.body).toBe('kept')
    autosave.resume()
    await vi.advanceTimersByTimeAsync(0)
    expect(sent()[1]).toEqual({ base_version: 1, body: 'kept' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('of validation is shown and sent again after an edit, with another save id', async () => {
    const { autosave, save, saveIds } = start({ entity: note() })
    save.mockRejectedValueOnce(refusal(422, { detail: 'The title is too long.' }))
    autosave.edit({ title: 'long' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(autosave.state).toMatchObject({ phase: 'rejected', reason: 'The title is too long.' })
    expect(save).toHaveBeenCalledTimes(1)
    autosave.edit({ title: 'short' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('saved')
    expect(saveIds()[1]).not.toBe(saveIds()[0])
  })

  it('does not send a draft that was discarded while it was being stored', async () => {
    const { autosave, save, store } = start({ entity: note() })
    let kept = () => {}
    autosave.edit({ body: 'private' })
    store.put.mockImplementationOnce(() => new Promise<undefined>((resolve) => (kept = () => resolve(undefined))))
    const sending = autosave.flush()
    autosave.discard()
    kept()
    await vi.advanceTimersByTimeAsync(2000)
    await sending
    expect(save).not.toHaveBeenCalled()
    expect(store.state).toBeNull()
  })
})

describe('a merge', () => {
  const merged = (change: Partial<SavedNote>) => note({ version: 6, merge: 'clean', ...change })

  it('replaces the draft and reports a remote update', async () => {
    const { autosave, save, replaced, updates, sent } = start({ entity: note() })
    save.mockResolvedValueOnce(merged({ title: 'Their title', body: 'Body, mine' }))
    autosave.edit({ body: 'Body, mine' })
    await vi.advanceTimersByTimeAsync(600)
    expect(replaced).toEqual([{ title: 'Their title', body: 'Body, mine', pinned: false, archived: false }])
    expect(updates).toEqual(['merged'])
    expect(autosave.state.phase).toBe('saved')
    autosave.edit({ body: 'Body, mine, more' })
    await vi.advanceTimersByTimeAsync(600)
    expect(sent()[1]).toEqual({ base_version: 6, body: 'Body, mine, more' })
  })

  it('keeps text typed while the save was pending', async () => {
    const { autosave, save, replaced, sent } = start({ entity: note({ body: 'one\ntwo\nthree' }) })
    save.mockImplementationOnce(async () => {
      autosave.edit({ body: 'one and more\ntwo\nthree' })
      return merged({ body: 'one and\ntwo\nTHREE' })
    })
    autosave.edit({ body: 'one and\ntwo\nthree' })
    await vi.advanceTimersByTimeAsync(600)
    expect(replaced.at(-1)?.body).toBe('one and more\ntwo\nTHREE')
    await vi.advanceTimersByTimeAsync(600)
    expect(sent()[1]).toEqual({ base_version: 6, body: 'one and more\ntwo\nTHREE' })
    expect(autosave.state.phase).toBe('saved')
  })

  it('becomes a conflict if the same words were typed over while the save was pending', async () => {
    const { autosave, save, sent } = start({ entity: note({ body: 'red' }) })
    save.mockImplementationOnce(async () => {
      autosave.edit({ body: 'green house' })
      return merged({ body: 'blue house' })
    })
    autosave.edit({ body: 'red house' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state).toMatchObject({ phase: 'conflict', theirs: { body: 'blue house' } })
    expect(autosave.text.body).toBe('green house')
    await autosave.keepMine()
    expect(sent()[1]).toEqual({ base_version: 6, body: 'green house' })
  })

  it('of a flag only does not report a remote update', async () => {
    const { autosave, save, updates, sent } = start({ entity: note() })
    save.mockResolvedValueOnce(merged({ body: 'mine', pinned: true }))
    autosave.edit({ body: 'mine' })
    await vi.advanceTimersByTimeAsync(600)
    expect(updates).toEqual([])
    autosave.edit({ body: 'mine too' })
    await vi.advanceTimersByTimeAsync(600)
    expect(sent()[1]).toEqual({ base_version: 6, body: 'mine too' })
  })
})

describe('a conflict', () => {
  const theirs = makeNote({ version: 5, body: 'Their body' })

  async function collide() {
    const all = start({ entity: note() })
    all.save.mockResolvedValueOnce({
      ...theirs,
      merge: 'conflict',
      conflict: { version: 6, title: 'Title', body: 'My body' },
    })
    all.autosave.edit({ body: 'My body' })
    await vi.advanceTimersByTimeAsync(600)
    expect(all.autosave.state).toEqual({ phase: 'conflict', theirs })
    return all
  }

  it('stops the autosave and keeps both texts, and later edits', async () => {
    const { autosave, save, store } = await collide()
    autosave.edit({ body: 'My body, longer' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(save).toHaveBeenCalledTimes(1)
    expect(autosave.unsaved).toBe(true)
    expect(store.state).toMatchObject({
      base: { version: 1 },
      draft: { body: 'My body, longer' },
      attempt: { baseVersion: 1 },
    })
  })

  it('is shown again after a reload: the same save id gets the same answer', async () => {
    const { store, saveIds } = await collide()
    const again = start({ recovered: structuredClone(store.state!) })
    again.save.mockResolvedValueOnce({
      ...theirs,
      merge: 'conflict',
      conflict: { version: 6, title: 'Title', body: 'My body' },
    })
    await again.autosave.flush()
    expect(again.saveIds()).toEqual(saveIds())
    expect(again.autosave.state.phase).toBe('conflict')
    expect(again.autosave.text.body).toBe('My body')
  })

  it('keep mine: saved on top of theirs', async () => {
    const { autosave, sent, store } = await collide()
    autosave.edit({ body: 'My body, longer' })
    await autosave.keepMine()
    expect(sent()[1]).toEqual({ base_version: 5, body: 'My body, longer' })
    expect(autosave.state.phase).toBe('saved')
    expect(store.state).toBeNull()
  })

  it('keep theirs: mine is already in the history, nothing is sent', async () => {
    const { autosave, save, replaced, store } = await collide()
    await autosave.keepTheirs()
    expect(save).toHaveBeenCalledTimes(1)
    expect(replaced.at(-1)?.body).toBe('Their body')
    expect(autosave.state.phase).toBe('saved')
    expect(autosave.unsaved).toBe(false)
    expect(store.state).toBeNull()
  })

  it('keep theirs: later edits are saved first, so that the history has them', async () => {
    const { autosave, sent } = await collide()
    autosave.edit({ body: 'My body, longer' })
    await autosave.keepTheirs()
    expect(sent().slice(1)).toEqual([
      { base_version: 5, body: 'My body, longer' },
      { base_version: 6, body: 'Their body' },
    ])
    expect(autosave.text.body).toBe('Their body')
    expect(autosave.state.phase).toBe('saved')
  })

  it('keep theirs: without an answer mine stays', async () => {
    const { autosave, save } = await collide()
    autosave.edit({ body: 'My body, longer' })
    save.mockRejectedValue(new NetworkError('down'))
    await autosave.keepTheirs()
    expect(autosave.text.body).toBe('My body, longer')
    expect(autosave.unsaved).toBe(true)
  })

  it('keep both: mine, a line, theirs', async () => {
    const { autosave, sent, replaced } = await collide()
    await autosave.keepBoth()
    const body = 'My body\n\n---\n\nTheir body'
    expect(replaced.at(-1)?.body).toBe(body)
    expect(sent()[1]).toEqual({ base_version: 5, body })
    expect(autosave.state.phase).toBe('saved')
  })

  it('reports that the note was deleted', async () => {
    const { autosave, save } = start({ entity: note() })
    save.mockRejectedValueOnce(refusal(404))
    autosave.edit({ body: 'My body' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(autosave.state).toEqual({ phase: 'conflict', theirs: null })
    expect(autosave.unsaved).toBe(true)
  })

  it('is reported when the server was restored from a backup', async () => {
    const { autosave, save, read } = start({ entity: note({ version: 9 }) })
    const errors = [{ field: 'base_version', code: 'unknown_version', detail: '' }]
    save.mockRejectedValueOnce(refusal(422, { code: 'invalid', errors }))
    read.mockResolvedValueOnce(note({ version: 3, body: 'Old body' }))
    autosave.edit({ body: 'My body' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state).toMatchObject({ phase: 'conflict', theirs: { version: 3 } })
    await autosave.keepMine()
    expect(save.mock.lastCall?.[1]).toMatchObject({ base_version: 3, body: 'My body' })
  })
})

describe('a remote change', () => {
  it('is shown when nothing is unsaved', () => {
    const { autosave, replaced, updates } = start({ entity: note() })
    autosave.accept(note({ version: 4, body: 'From the phone' }), 'updated')
    expect(replaced.at(-1)?.body).toBe('From the phone')
    expect(updates).toEqual(['updated'])
    expect(autosave.unsaved).toBe(false)
  })

  it('waits for the merge when something is unsaved', async () => {
    const { autosave, replaced, sent } = start({ entity: note() })
    autosave.edit({ body: 'mine' })
    autosave.accept(note({ version: 4, body: 'From the phone' }), 'updated')
    expect(replaced).toEqual([])
    await vi.advanceTimersByTimeAsync(600)
    expect(sent()[0]).toEqual({ base_version: 1, body: 'mine' })
  })
})
