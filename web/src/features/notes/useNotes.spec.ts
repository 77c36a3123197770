// Owns the promises of a list: the newest question wins, pages join, changes stand where they belong.
// Refuses components.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import type { NoteSummary } from '@/api/types'
import { makeSummary } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { useNotes, type NotesFilter } from './useNotes'

beforeEach(useMockApi)

function start(filter: Partial<NotesFilter> = {}) {
  const wanted = ref<NotesFilter>({ place: 'notes', q: '', sort: 'updated', ...filter })
  const scope = effectScope()
  const notes = scope.run(() => useNotes(wanted))!
  return { notes, wanted, stop: () => scope.stop() }
}

const titles = (notes: ReturnType<typeof useNotes>) => notes.items.value.map((note) => note.title)

/** Answers the list as it would be without pinned notes. */
function unpinned(reply: (request: { url: URL }) => { items: NoteSummary[]; next_cursor: string | null }) {
  on('get', '/api/v1/notes', (request) =>
    request.url.searchParams.get('pinned') === 'true' ? { items: [], next_cursor: null } : reply(request),
  )
}

describe('useNotes', () => {
  it('asks for the place and shows the first page', async () => {
    const list = on('get', '/api/v1/notes', () => ({ items: [makeSummary(1)], next_cursor: null }))
    const { notes } = start({ place: 'archive', sort: 'title' })
    expect(notes.loading.value).toBe('first')
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    expect(titles(notes)).toEqual(['Note 1'])
    expect(Object.fromEntries(list.mock.calls[0]![0].url.searchParams)).toEqual({
      archived: 'true',
      sort: 'title',
      limit: '50',
    })
  })

  it('asks for pinned notes by themselves and shows them first', async () => {
    on('get', '/api/v1/notes', ({ url }) =>
      url.searchParams.get('pinned') === 'true'
        ? { items: [makeSummary(9, { pinned: true })], next_cursor: null }
        : { items: [makeSummary(1)], next_cursor: 'next' },
    )
    const { notes } = start()
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    expect(titles(notes)).toEqual(['Note 9', 'Note 1'])
    expect(notes.hasMore.value).toBe(true)
  })

  it('drops the answer to an older question', async () => {
    const signals: AbortSignal[] = []
    on('get', '/api/v1/notes', async ({ url, signal }) => {
      signals.push(signal)
      const q = url.searchParams.get('q') ?? ''
      await new Promise((resolve) => setTimeout(resolve, q === 'slow' ? 40 : 5))
      return { items: [makeSummary(1, { title: q })], next_cursor: null }
    })
    const { notes, wanted } = start({ q: 'slow' })
    await new Promise((resolve) => setTimeout(resolve, 2))
    wanted.value = { ...wanted.value, q: 'fast' }
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(titles(notes)).toEqual(['fast'])
    expect(signals[0]?.aborted).toBe(true)
  })

  it('joins further pages without showing a note twice', async () => {
    unpinned(({ url }) =>
      url.searchParams.get('cursor') === 'next'
        ? { items: [makeSummary(2), makeSummary(3)], next_cursor: null }
        : { items: [makeSummary(1), makeSummary(2)], next_cursor: 'next' },
    )
    const { notes } = start()
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    expect(notes.hasMore.value).toBe(true)
    await notes.loadMore()
    expect(titles(notes)).toEqual(['Note 1', 'Note 2', 'Note 3'])
    expect(notes.hasMore.value).toBe(false)
  })

  it('keeps what it has when a reload fails, and says so', async () => {
    unpinned(() => ({ items: [makeSummary(1)], next_cursor: null }))
    const { notes } = start()
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    on('get', '/api/v1/notes', () => problem(503, 'unavailable'))
    await notes.reload()
    expect(titles(notes)).toEqual(['Note 1'])
    expect(notes.error.value).toContain('could not do this')
  })

  it('puts a changed note where it belongs: pinned first, then the newest edit', async () => {
    const at = (hour: number) => `2026-01-01T0${hour}:00:00Z`
    unpinned(() => ({
      items: [
        makeSummary(1, { updated_at: at(3) }),
        makeSummary(2, { updated_at: at(2) }),
        makeSummary(3, { updated_at: at(1) }),
      ],
      next_cursor: null,
    }))
    const { notes } = start()
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    notes.put(makeSummary(2, { updated_at: at(4) }))
    expect(titles(notes)).toEqual(['Note 2', 'Note 1', 'Note 3'])
    notes.put(makeSummary(3, { pinned: true }))
    expect(titles(notes)).toEqual(['Note 3', 'Note 2', 'Note 1'])
    notes.put(makeSummary(1, { archived: true }))
    expect(titles(notes)).toEqual(['Note 3', 'Note 2'])
  })

  it('is narrowed to a notebook and a tag, and lets go of what no longer belongs', async () => {
    const list = on('get', '/api/v1/notes', ({ url }) => ({
      items:
        url.searchParams.get('pinned') === 'true' ? [] : [makeSummary(1, { notebook_id: 'kitchen', tags: ['Bread'] })],
      next_cursor: null,
    }))
    const { notes } = start({ notebook: 'kitchen', tag: 'bread' })
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    expect(Object.fromEntries(list.mock.calls[0]![0].url.searchParams)).toMatchObject({
      notebook: 'kitchen',
      tag: 'bread',
    })
    notes.put(makeSummary(1, { notebook_id: 'kitchen', tags: ['Bread', 'rye'] }))
    expect(titles(notes)).toEqual(['Note 1'])
    notes.put(makeSummary(1, { notebook_id: 'cellar', tags: ['Bread'] }))
    expect(titles(notes)).toEqual([])
  })

  it('looks again at as many as are shown, without a sign of it', async () => {
    const all = Array.from({ length: 120 }, (_, index) => makeSummary(index))
    const pages: number[] = []
    unpinned(({ url }) => {
      const from = Number(url.searchParams.get('cursor') ?? 0)
      const to = from + Number(url.searchParams.get('limit'))
      pages.push(to - from)
      return { items: all.slice(from, to), next_cursor: to < all.length ? String(to) : null }
    })
    const { notes } = start()
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    await notes.loadMore()
    all[3] = makeSummary(3, { title: 'Changed elsewhere' })
    const refreshed = notes.refresh()
    expect(notes.loading.value).toBeNull()
    await refreshed
    expect(titles(notes)).toHaveLength(100)
    expect(titles(notes)[3]).toBe('Changed elsewhere')
    expect(notes.hasMore.value).toBe(true)
    expect(pages).toEqual([50, 50, 100])
  })
})
