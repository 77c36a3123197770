// Owns the promises of the autosave: nothing typed is lost, nothing is saved twice, nothing of
// somebody else's is overwritten. Refuses components.
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
  /** What was sent, without the names of the saves. */
  const sent = () => save.mock.calls.map(([, { save_id: _, ...request }]) => request)
  const ids = () => save.mock.calls.map(([, request]) => request.save_id)
  return { autosave, create, save, read, store, phases, replaced, updates, sent, ids }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a new note', () => {
  it('is not created before something stands in it', async () => {
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

  it('repeats a creation word by word and by the same key after a lost reply, then sends what came later', async () => {
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

  it('goes on from the first version when it turns out to exist for long', async () => {
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
  it('waits for a pause and sends only what changed, with the version it is based on', async () => {
    const { autosave, save, sent, ids } = start({ entity: note() })
    for (const body of ['a', 'ab', 'abc']) {
      autosave.edit({ body })
      await vi.advanceTimersByTimeAsync(300)
    }
    expect(save).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(300)
    expect(sent()).toEqual([{ base_version: 1, body: 'abc' }])
    expect(ids()[0]).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('never has two saves under way', async () => {
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

  it('counts as saved again when the change is taken back', async () => {
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
  it('is asked for by the same save id with the same content; what was typed since has an id of its own', async () => {
    const { autosave, save, sent, ids } = start({ entity: note() })
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
    expect(new Set(ids().slice(0, 3)).size).toBe(1)
    expect(ids()[3]).not.toBe(ids()[0])
    expect(autosave.state.phase).toBe('saved')
  })

  it('is asked for also when the change was taken back meanwhile: the server may hold it', async () => {
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

  it('is asked for by the next page: the draft knows the save id', async () => {
    const first = start({ entity: note() })
    first.save.mockRejectedValue(new NetworkError('down'))
    first.autosave.edit({ body: 'one' })
    await vi.advanceTimersByTimeAsync(600)
    first.autosave.edit({ body: 'one two' })
    const recovered = structuredClone(first.store.state!)
    first.autosave.close()

    const { autosave, sent, ids } = start({ recovered })
    expect(autosave.text.body).toBe('one two')
    expect(autosave.unsaved).toBe(true)
    await autosave.flush()
    await vi.advanceTimersByTimeAsync(1000)
    expect(sent()).toEqual([
      { base_version: 1, body: 'one' },
      { base_version: 2, body: 'one two' },
    ])
    expect(ids()[0]).toBe(first.ids()[0])
    expect(autosave.state.phase).toBe('saved')
  })
})

describe('a draft', () => {
  it('is kept from the first key press until the server has it', async () => {
    const { autosave, store } = start({ entity: note() })
    autosave.edit({ body: 'B' })
    expect(store.state).toMatchObject({ base: { version: 1 }, draft: { body: 'B' } })
    await vi.advanceTimersByTimeAsync(600)
    expect(store.put.mock.calls.some(([state]) => state?.attempt?.draft.body === 'B')).toBe(true)
    expect(store.state).toBeNull()
  })

  it('that this browser does not keep is at risk', async () => {
    const { autosave, store, save } = start({ entity: note() })
    save.mockRejectedValue(new NetworkError('down'))
    autosave.edit({ body: 'B' })
    expect([autosave.unsaved, autosave.atRisk]).toEqual([true, false])
    store.upToDate = false
    expect(autosave.atRisk).toBe(true)
  })

  it('does not wait for ever for a database that hangs', async () => {
    const { autosave, store, save } = start({ entity: note() })
    store.put.mockImplementation(() => new Promise(() => {}))
    autosave.edit({ body: 'B' })
    await vi.advanceTimersByTimeAsync(5000)
    expect(save).toHaveBeenCalledTimes(1)
    expect(autosave.state.phase).toBe('saved')
  })
})

describe('trouble', () => {
  it('retries with growing pauses, keeps the text, and says so', async () => {
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

  it('says offline, and sends at once when the line is back', async () => {
    const { autosave, save } = start({ entity: note(), isOnline: () => false })
    save.mockRejectedValueOnce(new NetworkError('down'))
    autosave.edit({ body: 'kept' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('offline')
    autosave.resume()
    await vi.advanceTimersByTimeAsync(0)
    expect(autosave.state.phase).toBe('saved')
  })

  it('waits for a new sign-in and then goes on', async () => {
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

  it('shows what the server refuses and tries again only after an edit, as another save', async () => {
    const { autosave, save, ids } = start({ entity: note() })
    save.mockRejectedValueOnce(refusal(422, { detail: 'The title is too long.' }))
    autosave.edit({ title: 'long' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(autosave.state).toMatchObject({ phase: 'rejected', reason: 'The title is too long.' })
    expect(save).toHaveBeenCalledTimes(1)
    autosave.edit({ title: 'short' })
    await vi.advanceTimersByTimeAsync(600)
    expect(autosave.state.phase).toBe('saved')
    expect(ids()[1]).not.toBe(ids()[0])
  })

  it('drops what was typed when its writer signs out while it is being kept', async () => {
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

  it('takes over what came from elsewhere and says so', async () => {
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

  it('keeps what was typed while it was under way', async () => {
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

  it('asks where the same words were changed again while it was under way', async () => {
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

  it('of a pin leaves the text and its writer in peace', async () => {
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

  it('stops there and keeps both texts, what is written meanwhile too', async () => {
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

  it('is shown again after a reload: the same save gets the same answer', async () => {
    const { store, ids } = await collide()
    const again = start({ recovered: structuredClone(store.state!) })
    again.save.mockResolvedValueOnce({
      ...theirs,
      merge: 'conflict',
      conflict: { version: 6, title: 'Title', body: 'My body' },
    })
    await again.autosave.flush()
    expect(again.ids()).toEqual(ids())
    expect(again.autosave.state.phase).toBe('conflict')
    expect(again.autosave.text.body).toBe('My body')
  })

  it('keep mine: it goes on top of theirs', async () => {
    const { autosave, sent, store } = await collide()
    autosave.edit({ body: 'My body, longer' })
    await autosave.keepMine()
    expect(sent()[1]).toEqual({ base_version: 5, body: 'My body, longer' })
    expect(autosave.state.phase).toBe('saved')
    expect(store.state).toBeNull()
  })

  it('keep theirs: mine is in the history already, nothing is sent', async () => {
    const { autosave, save, replaced, store } = await collide()
    await autosave.keepTheirs()
    expect(save).toHaveBeenCalledTimes(1)
    expect(replaced.at(-1)?.body).toBe('Their body')
    expect(autosave.state.phase).toBe('saved')
    expect(autosave.unsaved).toBe(false)
    expect(store.state).toBeNull()
  })

  it('keep theirs: what was written since then goes into the history first', async () => {
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

  it('keep theirs: with no answer, mine stays and nothing of it is dropped', async () => {
    const { autosave, save } = await collide()
    autosave.edit({ body: 'My body, longer' })
    save.mockRejectedValue(new NetworkError('down'))
    await autosave.keepTheirs()
    expect(autosave.text.body).toBe('My body, longer')
    expect(autosave.unsaved).toBe(true)
  })

  it('keep both: one under the other, a line between them', async () => {
    const { autosave, sent, replaced } = await collide()
    await autosave.keepBoth()
    const body = 'My body\n\n---\n\nTheir body'
    expect(replaced.at(-1)?.body).toBe(body)
    expect(sent()[1]).toEqual({ base_version: 5, body })
    expect(autosave.state.phase).toBe('saved')
  })

  it('tells that the note is gone', async () => {
    const { autosave, save } = start({ entity: note() })
    save.mockRejectedValueOnce(refusal(404))
    autosave.edit({ body: 'My body' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(autosave.state).toEqual({ phase: 'conflict', theirs: null })
    expect(autosave.unsaved).toBe(true)
  })

  it('is asked about where the server was put back to an older state', async () => {
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

describe('a change from elsewhere', () => {
  it('is shown when nothing is under way', () => {
    const { autosave, replaced, updates } = start({ entity: note() })
    autosave.accept(note({ version: 4, body: 'From the phone' }), 'updated')
    expect(replaced.at(-1)?.body).toBe('From the phone')
    expect(updates).toEqual(['updated'])
    expect(autosave.unsaved).toBe(false)
  })

  it('waits for the merge when something is', async () => {
    const { autosave, replaced, sent } = start({ entity: note() })
    autosave.edit({ body: 'mine' })
    autosave.accept(note({ version: 4, body: 'From the phone' }), 'updated')
    expect(replaced).toEqual([])
    await vi.advanceTimersByTimeAsync(600)
    expect(sent()[0]).toEqual({ base_version: 1, body: 'mine' })
  })
})
