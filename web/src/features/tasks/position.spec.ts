// Owns the promises of moving: the neighbours that are told are those on the screen. Refuses the drag itself.
import { describe, expect, it } from 'vitest'
import { makeTask } from '@/testing/tasks'
import { isMoved, moveTo, placed } from './position'

const task = (id: string, change = {}) => makeTask({ id, title: id, ...change })
const column = ['a', 'b', 'c', 'd'].map((id) => task(id))
const [a, b] = column as [(typeof column)[0], (typeof column)[0]]

describe('moveTo', () => {
  it('names the task above, or the one below at the top', () => {
    expect(moveTo(a, column, { status: 'todo', index: 2 })).toEqual({ after: 'c' })
    expect(moveTo(b, column, { status: 'todo', index: 0 })).toEqual({ before: 'a' })
    expect(moveTo(b, column, { status: 'todo', index: 3 })).toEqual({ after: 'd' })
  })

  it('names the column where it is another, and nobody in an empty one', () => {
    expect(moveTo(a, [], { status: 'done', index: 0 })).toEqual({ status: 'done' })
    expect(moveTo(a, [task('x', { status: 'done' })], { status: 'done', index: 1 })).toEqual({
      status: 'done',
      after: 'x',
    })
    expect(moveTo(a, [task('x', { list_id: 'l' })], { status: 'todo', list_id: 'l', index: 0 })).toEqual({
      list_id: 'l',
      before: 'x',
    })
    expect(moveTo(task('y', { list_id: 'l' }), [], { status: 'todo', list_id: null, index: 0 })).toEqual({
      list_id: null,
    })
  })

  it('passes over tasks of other lists', () => {
    const mixed = [task('a'), task('x', { list_id: 'l' }), task('b'), task('y', { list_id: 'l' })]
    expect(moveTo(mixed[0]!, mixed, { status: 'todo', index: 3 })).toEqual({ after: 'b' })
    expect(moveTo(mixed[3]!, mixed, { status: 'todo', index: 1 })).toEqual({ before: 'x' })
    expect(moveTo(task('z', { list_id: 'm' }), mixed, { status: 'todo', index: 2 })).toEqual({})
  })
})

describe('placed', () => {
  it('puts the task there once, in its own column and in another', () => {
    const ids = (tasks: { id: string }[]) => tasks.map(({ id }) => id).join('')
    expect(ids(placed(column, a, 2))).toBe('bcad')
    expect(ids(placed(column, task('x'), 9))).toBe('abcdx')
    expect(ids(placed(column, task('x'), -1))).toBe('xabcd')
  })
})

describe('isMoved', () => {
  it('knows a drop on its own place', () => {
    expect(isMoved(b, column, { status: 'todo', index: 1 })).toBe(false)
    expect(isMoved(b, column, { status: 'todo', index: 2 })).toBe(true)
    expect(isMoved(b, column, { status: 'doing', index: 1 })).toBe(true)
    expect(isMoved(b, column, { status: 'todo', list_id: 'l', index: 1 })).toBe(true)
  })
})
