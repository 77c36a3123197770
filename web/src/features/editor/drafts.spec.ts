// Specs of stored drafts: they survive their page, belong to one account, and tabs do not overwrite each other.
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowserLocks } from '@/testing/fakeLocks'
import type { DraftState } from './draftState'

type State = DraftState<ReturnType<typeof draft>>

const NOTE = '0190f3a0-0000-7000-8000-000000000001'
const ME = '0190f3a0-0000-7000-8000-00000000aaaa'
const OTHER = '0190f3a0-0000-7000-8000-00000000bbbb'
const draft = (body: string) => ({ title: '', body, pinned: false, archived: false })
const state = (body: string): State => ({ base: { version: 1, draft: draft('') }, draft: draft(body) })
const bodies = (found: { draft: DraftState }[]) => found.map((entry) => (entry.draft as State).draft.body)

let browser: ReturnType<typeof fakeBrowserLocks>

/** Loads the page again in the same browser: new modules, shared storage. `before`: the page it replaces in its tab. */
async function openPage(locks = true, before?: { id: string }) {
  const page = {}
  vi.resetModules()
  sessionStorage.clear()
  if (before) sessionStorage.setItem('satchel.pages', before.id)
  vi.stubGlobal('navigator', { ...navigator, locks: locks ? browser.of(page) : undefined })
  const drafts = await import('./drafts')
  /** Takes all orphans of the account, at a time when all are old enough. */
  const takeOldOrphans = async (owner: string) => {
    vi.spyOn(Date, 'now').mockReturnValue(performance.timeOrigin + 1e7)
    const found = await drafts.takeAllOrphans(owner)
    vi.mocked(Date.now).mockRestore()
    return found
  }
  return {
    ...drafts,
    takeOldOrphans,
    id: sessionStorage.getItem('satchel.pages') ?? '',
    close: () => browser.kill(page),
  }
}

beforeEach(() => {
  browser = fakeBrowserLocks()
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => void vi.unstubAllGlobals())

describe('a draft', () => {
  it('is found by the next page, with its unanswered save', async () => {
    const first = await openPage()
    const all: State = {
      ...state('typed'),
      attempt: { saveId: 'save', baseVersion: 1, draft: draft('ty'), changedFields: { body: 'ty' } },
    }
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(all)
    first.close()
    const second = await openPage()
    const found = await second.takeOrphans(ME, NOTE)
    expect(found.map((entry) => entry.draft)).toEqual([
      { ...all, entityId: NOTE, resource: 'note', savedAt: expect.any(Number) },
    ])
    await found[0]!.store.put(null)
    second.close()
    expect(await (await openPage()).takeOldOrphans(ME)).toEqual([])
  })

  it('is found only once', async () => {
    const first = await openPage()
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('typed'))
    first.close()
    const second = await openPage()
    const answers = await Promise.all([second.takeOrphans(ME, NOTE), second.takeOldOrphans(ME)])
    expect(answers.flatMap(bodies)).toEqual(['typed'])
  })

  it('that was just written is left to a tab that may be reloading', async () => {
    const first = await openPage()
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('typed'))
    first.close()
    const second = await openPage()
    expect(await second.takeAllOrphans(ME)).toEqual([])
    expect(bodies(await second.takeOldOrphans(ME))).toEqual(['typed'])
  })

  it('belongs to one account', async () => {
    const first = await openPage()
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('private'))
    first.close()
    const second = await openPage()
    expect(await second.takeOldOrphans(OTHER)).toEqual([])
    expect(bodies(await second.takeOldOrphans(ME))).toEqual(['private'])
  })

  it('is deleted at sign-out of its account only', async () => {
    const first = await openPage()
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('private'))
    await new first.IndexedDbDraft({ ownerId: OTHER, entityId: NOTE, resource: 'note' }).put(
      state('of the other account'),
    )
    first.close()
    const second = await openPage()
    await second.deleteDrafts(ME)
    second.close()
    const third = await openPage()
    expect(await third.takeOldOrphans(ME)).toEqual([])
    expect(bodies(await third.takeOldOrphans(OTHER))).toEqual(['of the other account'])
  })

  it('skips states that arrive during a write, except the last', async () => {
    const first = await openPage()
    const store = new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' })
    const done = [store.put(state('a')), store.put(state('ab')), store.put(state('abc'))]
    expect(store.upToDate).toBe(false)
    await Promise.all(done)
    expect(store.upToDate).toBe(true)
    first.close()
    expect(bodies(await (await openPage()).takeOrphans(ME, NOTE))).toEqual(['abc'])
  })
})

describe('two tabs with the same note', () => {
  it('have a draft each, and neither takes that of an open tab', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from one'))
    await new two.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from two'))
    expect(await two.takeOrphans(ME, NOTE)).toEqual([])
    one.close()
    expect(bodies(await two.takeOrphans(ME, NOTE))).toEqual(['from one'])
    two.close()
    expect(bodies(await (await openPage()).takeOrphans(ME, NOTE)).sort()).toEqual(['from one', 'from two'])
  })

  it('signing out in one does not delete the draft of the other', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('still typing'))
    await two.deleteDrafts(ME)
    one.close()
    expect(bodies(await two.takeOrphans(ME, NOTE))).toEqual(['still typing'])
  })

  it('after a reload the same tab waits for its old page; other tabs do not', async () => {
    const before = await openPage()
    await new before.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('typed'))
    const bystander = await openPage()
    const after = await openPage(true, before)
    const answers = [bystander.takeOrphans(ME, NOTE), after.takeOrphans(ME, NOTE)]
    await answers[0]
    before.close()
    expect((await Promise.all(answers)).map(bodies)).toEqual([[], ['typed']])
  })

  it('after both were closed, a reopened tab shows its own draft first', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from one'))
    await new Promise((resolve) => setTimeout(resolve, 2))
    await new two.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from two'))
    one.close()
    two.close()
    expect(bodies(await (await openPage(true, one)).takeOrphans(ME, NOTE))).toEqual(['from one', 'from two'])
  })
})

describe('without locks, on plain http', () => {
  it('a tab counts as open while its heartbeat is recent', async () => {
    const one = await openPage(false)
    await new one.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from one'))
    const two = await openPage(false)
    expect(await two.takeOrphans(ME, NOTE)).toEqual([])
    const heartbeats = Object.keys(localStorage).filter((key) => key.startsWith('satchel.page.'))
    expect(heartbeats.length).toBeGreaterThanOrEqual(2)
    for (const key of heartbeats) localStorage.setItem(key, String(Date.now() - 600_000))
    expect(bodies(await two.takeOrphans(ME, NOTE))).toEqual(['from one'])
  })
})

describe('a browser without storage', () => {
  it('is reported as unavailable, and works again later', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const page = await openPage()
    const store = new page.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' })
    await store.put(state('typed'))
    expect([store.available, store.upToDate]).toEqual([false, false])
    expect(await page.takeOldOrphans(ME)).toEqual([])
    await page.deleteDrafts(ME)
    vi.stubGlobal('indexedDB', new IDBFactory())
    await store.put(state('typed more'))
    expect([store.available, store.upToDate]).toEqual([true, true])
  })
})
