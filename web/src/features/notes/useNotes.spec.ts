// Specs of the list of notes: requests, paging, updates after changes.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import type { NoteSummary } from '@/api/types'
import { makeSummary } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { useNotes, type NotesFilter } from './useNotes'

beforeEach(useMockApi)

function start(change: Partial<NotesFilter> = {}) {
  const filter = ref<NotesFilter>({ section: 'notes', q: '', sort: 'updated', ...change })
  const scope = effectScope()
  const notes = scope.run(() => useNotes(filter))!
  return { notes, filter, stop: () => scope.stop() }
}

const titles = (notes: ReturnType<typeof useNotes>) => notes.items.value.map((note) => note.title)

/** Answers requests for unpinned notes; there are no pinned ones. */
function unpinned(reply: (request: { url: URL }) => { items: NoteSummary[]; next_cursor: string | null }) {
  on('get', '/api/v1/notes', (request) =>
    request.url.searchParams.get('pinned') === 'true' ? { items: [], next_cursor: null } : reply(request),
  )
}

describe('useNotes', () => {
  it('requests the section and shows the first page', async () => {
    const list = on('get', '/api/v1/notes', () => ({ items: [makeSummary(1)], next_cursor: null }))
    const { notes } = start({ section: 'archive', sort: 'title' })
    expect(notes.loading.value).toBe('initial')
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    expect(titles(notes)).toEqual(['Note 1'])
    expect(Object.fromEntries(list.mock.calls[0]![0].url.searchParams)).toEqual({
      archived: 'true',
      sort: 'title',
      limit: '50',
    })
  })

  it('requests pinned notes separately and shows them first', async () => {
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

  it('ignores the answer to an outdated request', async () => {
    const signals: AbortSignal[] = []
    on('get', '/api/v1/notes', async ({ url, signal }) => {
      signals.push(signal)
      const q = url.searchParams.get('q') ?? ''
      await new Promise((resolve) => setTimeout(resolve, q === 'slow' ? 40 : 5))
      return { items: [makeSummary(1, { title: q })], next_cursor: null }
    })
    const { notes, filter } = start({ q: 'slow' })
    await new Promise((resolve) => setTimeout(resolve, 2))
    filter.value = { ...filter.value, q: 'fast' }
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(titles(notes)).toEqual(['fast'])
    expect(signals[0]?.aborted).toBe(true)
  })

  it('appends further pages without duplicates', async () => {
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

  it('keeps its items when a reload fails, and shows the error', async () => {
    unpinned(() => ({ items: [makeSummary(1)], next_cursor: null }))
    const { notes } = start()
    await vi.waitFor(() => expect(notes.loading.value).toBeNull())
    on('get', '/api/v1/notes', () => problem(503, 'unavailable'))
    await notes.reload()
    expect(titles(notes)).toEqual(['Note 1'])
    expect(notes.error.value).toContain('Something went wrong on the server')
  })

  it('moves a changed note to its position: pinned first, then by last edit', async () => {
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

  it('filters by notebook and tag, and removes notes that no longer match', async () => {
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

  it('refreshes as many as are shown, without a loading state', async () => {
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
