// Specs of batches: messages, limit, undo.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Batch } from '@/api/types'
import { noteChanges } from '@/changes'
import { toasts } from '@/lib/toasts'
import { clearUndo, undoLatest } from '@/lib/undo'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { runBatch } from './batches'

beforeEach(useMockApi)
afterEach(() => {
  clearUndo()
  toasts.value = []
})

describe('a batch', () => {
  const batch = (ids: string[], more: Partial<Batch> = {}): Batch => ({
    id: 'batch',
    kind: 'note',
    action: 'archive',
    count: ids.length,
    created_at: '2026-01-01T00:00:00Z',
    undone_at: null,
    items: ids.map((id) => ({ id, version: 7 })),
    ...more,
  })

  it('notifies lists and editors, and is undone by the key after its toast has closed', async () => {
    const [list, note] = [vi.fn(), vi.fn()]
    const stops = [noteChanges.onStale(list), noteChanges.onChange(note)]
    on('post', '/api/v1/batch', () => batch(['a', 'b']) as never)
    const undo = on(
      'post',
      '/api/v1/batches/{id}/undo',
      () => ({ id: 'batch', undone: 2, skipped: 0, undone_at: '2026-01-01T00:00:00Z' }) as never,
    )
    await runBatch({ ids: ['a', 'b'], action: 'archive' })
    expect(toasts.value.at(-1)?.message).toBe('Archived 2 notes')
    expect(note).toHaveBeenCalledWith('a', 7, 'update')
    await vi.waitFor(() => expect(list).toHaveBeenCalled())
    toasts.value = []
    undoLatest()
    await vi.waitFor(() => expect(undo).toHaveBeenCalledTimes(1))
    // Only once.
    undoLatest()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(undo).toHaveBeenCalledTimes(1)
    stops.forEach((stop) => stop())
  })

  it('sends 500 and reports how many are unchanged', async () => {
    const create = on('post', '/api/v1/batch', ({ body }) => batch((body as { ids: string[] }).ids) as never)
    const ids = Array.from({ length: 730 }, (_, index) => `note-${index}`)
    await runBatch({ ids, action: 'delete' })
    expect((create.mock.calls[0]![0].body as { ids: string[] }).ids).toHaveLength(500)
    expect(toasts.value.at(-1)?.message).toContain('230 notes unchanged')
  })

  it('reports when the undo skipped some', async () => {
    on('post', '/api/v1/batch', () => batch(['a', 'b', 'c']) as never)
    on(
      'post',
      '/api/v1/batches/{id}/undo',
      () => ({ id: 'batch', undone: 2, skipped: 1, undone_at: '2026-01-01T00:00:00Z' }) as never,
    )
    await runBatch({ ids: ['a', 'b', 'c'], action: 'pin' })
    undoLatest()
    await vi.waitFor(() => expect(toasts.value.at(-1)?.message).toContain('1 note changed'))
  })

  it('that the server rejects offers no undo', async () => {
    on('post', '/api/v1/batch', () => problem(422, 'invalid', { detail: 'One of them is not there.' }))
    expect(await runBatch({ ids: ['a'], action: 'pin' })).toBeUndefined()
    expect(toasts.value.at(-1)).toMatchObject({ message: 'One of them is not there.', tone: 'danger' })
    expect(toasts.value.at(-1)?.action).toBeUndefined()
  })
})
