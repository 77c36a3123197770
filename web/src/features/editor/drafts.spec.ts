// Owns the promises of the drafts in this browser: they outlive their page, belong to one account, and two
// tabs never overwrite each other. Refuses the network.
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

/** Another load of the page in the same browser: all modules anew, storage shared; in another tab, or in
 *  the one of the page it takes the place of. */
async function openPage(locks = true, before?: { id: string }) {
  const page = {}
  vi.resetModules()
  sessionStorage.clear()
  if (before) sessionStorage.setItem('satchel.pages', before.id)
  vi.stubGlobal('navigator', { ...navigator, locks: locks ? browser.of(page) : undefined })
  const drafts = await import('./drafts')
  /** Long after, all of the account's. */
  const recoverAll = async (owner: string) => {
    vi.spyOn(Date, 'now').mockReturnValue(performance.timeOrigin + 1e7)
    const found = await drafts.takeAllOrphans(owner)
    vi.mocked(Date.now).mockRestore()
    return found
  }
  return { ...drafts, recoverAll, id: sessionStorage.getItem('satchel.pages') ?? '', die: () => browser.kill(page) }
}

beforeEach(() => {
  browser = fakeBrowserLocks()
  vi.stubGlobal('indexedDB', new IDBFactory())
})
afterEach(() => void vi.unstubAllGlobals())

describe('a draft', () => {
  it('is found by the next page when its own is gone, with all that is needed to go on', async () => {
    const first = await openPage()
    const all: State = {
      ...state('typed'),
      attempt: { saveId: 'save', baseVersion: 1, draft: draft('ty'), changedFields: { body: 'ty' } },
    }
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(all)
    first.die()
    const second = await openPage()
    const found = await second.takeOrphans(ME, NOTE)
    expect(found.map((entry) => entry.draft)).toEqual([
      { ...all, entityId: NOTE, resource: 'note', savedAt: expect.any(Number) },
    ])
    await found[0]!.store.put(null)
    second.die()
    expect(await (await openPage()).recoverAll(ME)).toEqual([])
  })

  it('is found once: the next to ask gets nothing', async () => {
    const first = await openPage()
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('typed'))
    first.die()
    const second = await openPage()
    const answers = await Promise.all([second.takeOrphans(ME, NOTE), second.recoverAll(ME)])
    expect(answers.flatMap(bodies)).toEqual(['typed'])
  })

  it('that was just written is left to the tab that may be on its way back', async () => {
    const first = await openPage()
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('typed'))
    first.die()
    const second = await openPage()
    expect(await second.takeAllOrphans(ME)).toEqual([])
    expect(bodies(await second.recoverAll(ME))).toEqual(['typed'])
  })

  it('belongs to one account', async () => {
    const first = await openPage()
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('private'))
    first.die()
    const second = await openPage()
    expect(await second.recoverAll(OTHER)).toEqual([])
    expect(bodies(await second.recoverAll(ME))).toEqual(['private'])
  })

  it('goes when its writer signs out, and only then', async () => {
    const first = await openPage()
    await new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('private'))
    await new first.IndexedDbDraft({ ownerId: OTHER, entityId: NOTE, resource: 'note' }).put(state('of somebody else'))
    first.die()
    const second = await openPage()
    await second.deleteDrafts(ME)
    second.die()
    const third = await openPage()
    expect(await third.recoverAll(ME)).toEqual([])
    expect(bodies(await third.recoverAll(OTHER))).toEqual(['of somebody else'])
  })

  it('stores the newest of what came while one was being written', async () => {
    const first = await openPage()
    const store = new first.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' })
    const done = [store.put(state('a')), store.put(state('ab')), store.put(state('abc'))]
    expect(store.upToDate).toBe(false)
    await Promise.all(done)
    expect(store.upToDate).toBe(true)
    first.die()
    expect(bodies(await (await openPage()).takeOrphans(ME, NOTE))).toEqual(['abc'])
  })
})

describe('two tabs with the same note', () => {
  it('keep a draft each, and neither takes the one of the living other', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from one'))
    await new two.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from two'))
    expect(await two.takeOrphans(ME, NOTE)).toEqual([])
    one.die()
    expect(bodies(await two.takeOrphans(ME, NOTE))).toEqual(['from one'])
    two.die()
    expect(bodies(await (await openPage()).takeOrphans(ME, NOTE)).sort()).toEqual(['from one', 'from two'])
  })

  it('signing out in one leaves the draft of the other to itself', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('still typing'))
    await two.deleteDrafts(ME)
    one.die()
    expect(bodies(await two.takeOrphans(ME, NOTE))).toEqual(['still typing'])
  })

  it('a page that is being reloaded is waited for by its successor, and by nobody else', async () => {
    const before = await openPage()
    await new before.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('typed'))
    const bystander = await openPage()
    const after = await openPage(true, before)
    const answers = [bystander.takeOrphans(ME, NOTE), after.takeOrphans(ME, NOTE)]
    await answers[0]
    before.die()
    expect((await Promise.all(answers)).map(bodies)).toEqual([[], ['typed']])
  })

  it('after both were closed, a tab opened again shows its own draft first, not the newer one', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from one'))
    await new Promise((resolve) => setTimeout(resolve, 2))
    await new two.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from two'))
    one.die()
    two.die()
    expect(bodies(await (await openPage(true, one)).takeOrphans(ME, NOTE))).toEqual(['from one', 'from two'])
  })
})

describe('without locks, on plain http', () => {
  it('a tab counts as alive by its signs of life, and as gone when it left or fell silent', async () => {
    const one = await openPage(false)
    await new one.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' }).put(state('from one'))
    const two = await openPage(false)
    expect(await two.takeOrphans(ME, NOTE)).toEqual([])
    const sign = Object.keys(localStorage).filter((key) => key.startsWith('satchel.page.'))
    expect(sign.length).toBeGreaterThanOrEqual(2)
    for (const key of sign) localStorage.setItem(key, String(Date.now() - 600_000))
    expect(bodies(await two.takeOrphans(ME, NOTE))).toEqual(['from one'])
  })
})

describe('a browser that keeps nothing', () => {
  it('is told apart, and works again when it does', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const page = await openPage()
    const store = new page.IndexedDbDraft({ ownerId: ME, entityId: NOTE, resource: 'note' })
    await store.put(state('typed'))
    expect([store.available, store.upToDate]).toEqual([false, false])
    expect(await page.recoverAll(ME)).toEqual([])
    await page.deleteDrafts(ME)
    vi.stubGlobal('indexedDB', new IDBFactory())
    await store.put(state('typed more'))
    expect([store.available, store.upToDate]).toEqual([true, true])
  })
})
