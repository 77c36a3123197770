// Specs of the notebook tree.
import { describe, expect, it } from 'vitest'
import type { Notebook } from '@/api/types'
import { pathTo } from './path'
import { descendantIds, treeRows } from './tree'

const notebook = (id: string, parent_id: string | null = null, name = id): Notebook => ({
  id,
  name,
  parent_id,
  version: 1,
  notes: 0,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
})
const outline = (rows: ReturnType<typeof treeRows>) => rows.map((row) => `${'-'.repeat(row.depth)}${row.notebook.id}`)

describe('the notebook tree', () => {
  const some = [
    notebook('c', 'a'),
    notebook('b'),
    notebook('a'),
    notebook('d', 'c'),
    notebook('10', 'a'),
    notebook('9', 'a'),
  ]

  it('is sorted by name, numbers by value', () => {
    expect(outline(treeRows(some))).toEqual(['a', '-9', '-10', '-c', '--d', 'b'])
  })

  it('leaves out the descendants of a collapsed notebook', () => {
    const rows = treeRows(some, new Set(['c']))
    expect(outline(rows)).toEqual(['a', '-9', '-10', '-c', 'b'])
    expect(rows.find((row) => row.notebook.id === 'c')).toMatchObject({ hasChildren: true, open: false, parent: 'a' })
  })

  it('shows notebooks with a missing parent or in a cycle as roots', () => {
    expect(outline(treeRows([notebook('a', 'missing')]))).toEqual(['a'])
    expect(outline(treeRows([notebook('x', 'y'), notebook('y', 'x')]))).toEqual(['x', '-y'])
    expect(pathTo([notebook('x', 'y'), notebook('y', 'x')], 'x')).toHaveLength(2)
  })

  it('finds descendants and paths', () => {
    expect(descendantIds(some, 'a')).toEqual(new Set(['a', 'c', 'd', '9', '10']))
    expect(pathTo(some, 'd').map((one) => one.id)).toEqual(['a', 'c', 'd'])
    expect(pathTo(some, null)).toEqual([])
  })
})
