// Owns the promises of the drafts in this browser: they outlive their page, belong to one account, and two
// tabs never overwrite each other. Refuses the network.
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowserLocks } from '@/testing/fakeLocks'
import type { Kept as AnyKept } from './autosave'

type Kept = AnyKept<ReturnType<typeof draft>>

const NOTE = '0190f3a0-0000-7000-8000-000000000001'
const ME = '0190f3a0-0000-7000-8000-00000000aaaa'
const OTHER = '0190f3a0-0000-7000-8000-00000000bbbb'
const draft = (body: string) => ({ title: '', body, pinned: false, archived: false })
const kept = (body: string): Kept => ({ base: { version: 1, draft: draft('') }, draft: draft(body) })
const bodies = (found: { draft: AnyKept }[]) => found.map((entry) => (entry.draft as Kept).draft.body)

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
    const found = await drafts.recoverRest(owner)
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
    const all: Kept = {
      ...kept('typed'),
      attempt: { id: 'save', version: 1, draft: draft('ty'), fields: { body: 'ty' } },
    }
    await new first.DraftKeeper(ME, NOTE).put(all)
    first.die()
    const second = await openPage()
    const found = await second.recoverDrafts(ME, NOTE)
    expect(found.map((entry) => entry.draft)).toEqual([{ ...all, note: NOTE, at: expect.any(Number) }])
    await found[0]!.keeper.put(null)
    second.die()
    expect(await (await openPage()).recoverAll(ME)).toEqual([])
  })

  it('is found once: the next to ask gets nothing', async () => {
    const first = await openPage()
    await new first.DraftKeeper(ME, NOTE).put(kept('typed'))
    first.die()
    const second = await openPage()
    const answers = await Promise.all([second.recoverDrafts(ME, NOTE), second.recoverAll(ME)])
    expect(answers.flatMap(bodies)).toEqual(['typed'])
  })

  it('that was just written is left to the tab that may be on its way back', async () => {
    const first = await openPage()
    await new first.DraftKeeper(ME, NOTE).put(kept('typed'))
    first.die()
    const second = await openPage()
    expect(await second.recoverRest(ME)).toEqual([])
    expect(bodies(await second.recoverAll(ME))).toEqual(['typed'])
  })

  it('belongs to one account', async () => {
    const first = await openPage()
    await new first.DraftKeeper(ME, NOTE).put(kept('private'))
    first.die()
    const second = await openPage()
    expect(await second.recoverAll(OTHER)).toEqual([])
    expect(bodies(await second.recoverAll(ME))).toEqual(['private'])
  })

  it('goes when its writer signs out, and only then', async () => {
    const first = await openPage()
    await new first.DraftKeeper(ME, NOTE).put(kept('private'))
    await new first.DraftKeeper(OTHER, NOTE).put(kept('of somebody else'))
    first.die()
    const second = await openPage()
    await second.dropDrafts(ME)
    second.die()
    const third = await openPage()
    expect(await third.recoverAll(ME)).toEqual([])
    expect(bodies(await third.recoverAll(OTHER))).toEqual(['of somebody else'])
  })

  it('stores the newest of what came while one was being written', async () => {
    const first = await openPage()
    const keeper = new first.DraftKeeper(ME, NOTE)
    const done = [keeper.put(kept('a')), keeper.put(kept('ab')), keeper.put(kept('abc'))]
    expect(keeper.settled).toBe(false)
    await Promise.all(done)
    expect(keeper.settled).toBe(true)
    first.die()
    expect(bodies(await (await openPage()).recoverDrafts(ME, NOTE))).toEqual(['abc'])
  })
})

describe('two tabs with the same note', () => {
  it('keep a draft each, and neither takes the one of the living other', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.DraftKeeper(ME, NOTE).put(kept('from one'))
    await new two.DraftKeeper(ME, NOTE).put(kept('from two'))
    expect(await two.recoverDrafts(ME, NOTE)).toEqual([])
    one.die()
    expect(bodies(await two.recoverDrafts(ME, NOTE))).toEqual(['from one'])
    two.die()
    expect(bodies(await (await openPage()).recoverDrafts(ME, NOTE)).sort()).toEqual(['from one', 'from two'])
  })

  it('signing out in one leaves the draft of the other to itself', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.DraftKeeper(ME, NOTE).put(kept('still typing'))
    await two.dropDrafts(ME)
    one.die()
    expect(bodies(await two.recoverDrafts(ME, NOTE))).toEqual(['still typing'])
  })

  it('a page that is being reloaded is waited for by its successor, and by nobody else', async () => {
    const before = await openPage()
    await new before.DraftKeeper(ME, NOTE).put(kept('typed'))
    const bystander = await openPage()
    const after = await openPage(true, before)
    const answers = [bystander.recoverDrafts(ME, NOTE), after.recoverDrafts(ME, NOTE)]
    await answers[0]
    before.die()
    expect((await Promise.all(answers)).map(bodies)).toEqual([[], ['typed']])
  })

  it('after both were closed, a tab opened again shows its own draft first, not the newer one', async () => {
    const one = await openPage()
    const two = await openPage()
    await new one.DraftKeeper(ME, NOTE).put(kept('from one'))
    await new Promise((resolve) => setTimeout(resolve, 2))
    await new two.DraftKeeper(ME, NOTE).put(kept('from two'))
    one.die()
    two.die()
    expect(bodies(await (await openPage(true, one)).recoverDrafts(ME, NOTE))).toEqual(['from one', 'from two'])
  })
})

describe('without locks, on plain http', () => {
  it('a tab counts as alive by its signs of life, and as gone when it left or fell silent', async () => {
    const one = await openPage(false)
    await new one.DraftKeeper(ME, NOTE).put(kept('from one'))
    const two = await openPage(false)
    expect(await two.recoverDrafts(ME, NOTE)).toEqual([])
    const sign = Object.keys(localStorage).filter((key) => key.startsWith('satchel.page.'))
    expect(sign.length).toBeGreaterThanOrEqual(2)
    for (const key of sign) localStorage.setItem(key, String(Date.now() - 600_000))
    expect(bodies(await two.recoverDrafts(ME, NOTE))).toEqual(['from one'])
  })
})

describe('a browser that keeps nothing', () => {
  it('is told apart, and works again when it does', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const page = await openPage()
    const keeper = new page.DraftKeeper(ME, NOTE)
    await keeper.put(kept('typed'))
    expect([keeper.works, keeper.settled]).toEqual([false, false])
    expect(await page.recoverAll(ME)).toEqual([])
    await page.dropDrafts(ME)
    vi.stubGlobal('indexedDB', new IDBFactory())
    await keeper.put(kept('typed more'))
    expect([keeper.works, keeper.settled]).toEqual([true, true])
  })
})
