// Specs of the position of a moved task: the neighbour in the request, and the displayed order.
import { describe, expect, it } from 'vitest'
import { makeTask } from '@/testing/tasks'
import { insertAt, isMoved, moveRequest } from './position'

const task = (id: string, change = {}) => makeTask({ id, title: id, ...change })
const column = ['a', 'b', 'c', 'd'].map((id) => task(id))
const [a, b] = column as [(typeof column)[0], (typeof column)[0]]

describe('moveRequest', () => {
  it('names the task above, or the one below at the top', () => {
    expect(moveRequest(a, column, { status: 'todo', index: 2 })).toEqual({ after: 'c' })
    expect(moveRequest(b, column, { status: 'todo', index: 0 })).toEqual({ before: 'a' })
    expect(moveRequest(b, column, { status: 'todo', index: 3 })).toEqual({ after: 'd' })
  })

  it('names a new status or list, and no neighbour in an empty column', () => {
    expect(moveRequest(a, [], { status: 'done', index: 0 })).toEqual({ status: 'done' })
    expect(moveRequest(a, [task('x', { status: 'done' })], { status: 'done', index: 1 })).toEqual({
      status: 'done',
      after: 'x',
    })
    expect(moveRequest(a, [task('x', { list_id: 'l' })], { status: 'todo', list_id: 'l', index: 0 })).toEqual({
      list_id: 'l',
      before: 'x',
    })
    expect(moveRequest(task('y', { list_id: 'l' }), [], { status: 'todo', list_id: null, index: 0 })).toEqual({
      list_id: null,
    })
  })

  it('skips tasks of other lists', () => {
    const mixed = [task('a'), task('x', { list_id: 'l' }), task('b'), task('y', { list_id: 'l' })]
    expect(moveRequest(mixed[0]!, mixed, { status: 'todo', index: 3 })).toEqual({ after: 'b' })
    expect(moveRequest(mixed[3]!, mixed, { status: 'todo', index: 1 })).toEqual({ before: 'x' })
    expect(moveRequest(task('z', { list_id: 'm' }), mixed, { status: 'todo', index: 2 })).toEqual({})
  })
})

describe('insertAt', () => {
  it('inserts the task once, in its own column and in another', () => {
    const ids = (tasks: { id: string }[]) => tasks.map(({ id }) => id).join('')
    expect(ids(insertAt(column, a, 2))).toBe('bcad')
    expect(ids(insertAt(column, task('x'), 9))).toBe('abcdx')
    expect(ids(insertAt(column, task('x'), -1))).toBe('xabcd')
  })
})

describe('isMoved', () => {
  it('is false for the current position', () => {
    expect(isMoved(b, column, { status: 'todo', index: 1 })).toBe(false)
    expect(isMoved(b, column, { status: 'todo', index: 2 })).toBe(true)
    expect(isMoved(b, column, { status: 'doing', index: 1 })).toBe(true)
    expect(isMoved(b, column, { status: 'todo', list_id: 'l', index: 1 })).toBe(true)
  })
})
