// Owns the promises of notebooks and tags as the page sees them: a tree that loses nobody, names as the
// server has them, batches that can be taken back. Refuses components.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Batch, Notebook } from '@/api/types'
import { onNotesStale, onRemoteChange } from '@/features/notes/live'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { toasts } from '@/lib/toasts'
import { forgetUndo, undoLatest } from '@/lib/undo'
import { runBatch } from './batches'
import { readTag } from './tagNames'
import { pathTo, treeRows, within } from './tree'

beforeEach(useMockApi)
afterEach(() => {
  forgetUndo()
  toasts.value = []
})

const notebook = (id: string, parent_id: string | null = null, name = id): Notebook => ({
  id,
  name,
  parent_id,
  version: 1,
  notes: 0,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
})
const shape = (rows: ReturnType<typeof treeRows>) => rows.map((row) => `${'-'.repeat(row.depth)}${row.notebook.id}`)

describe('the tree', () => {
  const some = [
    notebook('c', 'a'),
    notebook('b'),
    notebook('a'),
    notebook('d', 'c'),
    notebook('10', 'a'),
    notebook('9', 'a'),
  ]

  it('stands in the order of names, numbers as numbers', () => {
    expect(shape(treeRows(some))).toEqual(['a', '-9', '-10', '-c', '--d', 'b'])
  })

  it('leaves out what lies below a closed one', () => {
    const rows = treeRows(some, new Set(['c']))
    expect(shape(rows)).toEqual(['a', '-9', '-10', '-c', 'b'])
    expect(rows.find((row) => row.notebook.id === 'c')).toMatchObject({ hasChildren: true, open: false, parent: 'a' })
  })

  it('shows one whose parent is not there, and those of a ring', () => {
    expect(shape(treeRows([notebook('a', 'gone')]))).toEqual(['a'])
    expect(shape(treeRows([notebook('x', 'y'), notebook('y', 'x')]))).toEqual(['x', '-y'])
    expect(pathTo([notebook('x', 'y'), notebook('y', 'x')], 'x')).toHaveLength(2)
  })

  it('knows what lies below and the way to it', () => {
    expect(within(some, 'a')).toEqual(new Set(['a', 'c', 'd', '9', '10']))
    expect(pathTo(some, 'd').map((one) => one.id)).toEqual(['a', 'c', 'd'])
    expect(pathTo(some, null)).toEqual([])
  })
})

describe('a tag that is typed', () => {
  it('loses its # and blanks, and takes the spelling in use', () => {
    expect(readTag(' #to   call ', [])).toEqual({ name: 'to call' })
    expect(readTag('FAMILY', ['Family'])).toEqual({ name: 'Family' })
    expect(readTag(' # ', [])).toBeUndefined()
  })

  it('has at most fifty characters, however they are stored', () => {
    expect(readTag('👩'.repeat(50), [])).toEqual({ name: '👩'.repeat(50) })
    expect(readTag('x'.repeat(51), [])).toHaveProperty('error')
    expect(readTag('a\u0007b', [])).toHaveProperty('error')
  })
})

describe('a batch', () => {
  const done = (ids: string[], more: Partial<Batch> = {}): Batch => ({
    id: 'batch',
    kind: 'note',
    action: 'archive',
    count: ids.length,
    created_at: '2026-01-01T00:00:00Z',
    undone_at: null,
    items: ids.map((id) => ({ id, version: 7 })),
    ...more,
  })

  it('tells the lists and the editor, and is taken back by the key after its toast has gone', async () => {
    const [list, note] = [vi.fn(), vi.fn()]
    const stops = [onNotesStale(list), onRemoteChange(note)]
    on('post', '/api/v1/batch', () => done(['a', 'b']) as never)
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
    // Once.
    undoLatest()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(undo).toHaveBeenCalledTimes(1)
    stops.forEach((stop) => stop())
  })

  it('takes 500 and says what became of the rest', async () => {
    const create = on('post', '/api/v1/batch', ({ body }) => done((body as { ids: string[] }).ids) as never)
    const ids = Array.from({ length: 730 }, (_, index) => `note-${index}`)
    await runBatch({ ids, action: 'delete' })
    expect((create.mock.calls[0]![0].body as { ids: string[] }).ids).toHaveLength(500)
    expect(toasts.value.at(-1)?.message).toContain('230 notes stay as they are')
  })

  it('says when some had changed again meanwhile', async () => {
    on('post', '/api/v1/batch', () => done(['a', 'b', 'c']) as never)
    on(
      'post',
      '/api/v1/batches/{id}/undo',
      () => ({ id: 'batch', undone: 2, skipped: 1, undone_at: '2026-01-01T00:00:00Z' }) as never,
    )
    await runBatch({ ids: ['a', 'b', 'c'], action: 'pin' })
    undoLatest()
    await vi.waitFor(() => expect(toasts.value.at(-1)?.message).toContain('1 note changed again'))
  })

  it('that the server refuses offers nothing to take back', async () => {
    on('post', '/api/v1/batch', () => problem(422, 'invalid', { detail: 'One of them is not there.' }))
    expect(await runBatch({ ids: ['a'], action: 'pin' })).toBeUndefined()
    expect(toasts.value.at(-1)).toMatchObject({ message: 'One of them is not there.', tone: 'danger' })
    expect(toasts.value.at(-1)?.action).toBeUndefined()
  })
})
