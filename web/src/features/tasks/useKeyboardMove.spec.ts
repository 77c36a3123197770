// Specs of moving a card with the keyboard: the displayed columns, the announcements and the drop.
import { describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { announcement } from '@/lib/announce'
import { makeTask } from '@/testing/tasks'
import { useKeyboardMove, type Columns } from './useKeyboardMove'
import type { TaskStatus } from './types'

function start() {
  const tasks = (status: TaskStatus, ...ids: string[]) => ids.map((id) => makeTask({ id, title: id, status }))
  const columns = ref<Columns>({ todo: tasks('todo', 'a', 'b', 'c'), doing: tasks('doing', 'd'), done: [] })
  const dropped = vi.fn()
  const keyboardMove = useKeyboardMove(columns, dropped)
  const press = (key: string, id = 'a') =>
    keyboardMove.key(
      new KeyboardEvent('keydown', { key }),
      Object.values(columns.value)
        .flat()
        .find((task) => task.id === id)!,
    )
  const shape = () =>
    (['todo', 'doing', 'done'] as const)
      .map((status) => keyboardMove.displayed.value[status].map(({ id }) => id).join(''))
      .join('|')
  return { press, shape, dropped }
}

describe('a card', () => {
  it('is picked up, moved down and across, and dropped once', () => {
    const { press, shape, dropped } = start()
    expect(press('ArrowDown')).toBe(false)
    press(' ')
    expect(announcement.value).toBe('Picked up a, 1 of 3 in To do')
    press('ArrowDown')
    expect(shape()).toBe('bac|d|')
    expect(announcement.value).toBe('2 of 3 in To do')
    press('ArrowRight')
    expect(shape()).toBe('bc|da|')
    expect(announcement.value).toBe('2 of 2 in In progress')
    expect(dropped).not.toHaveBeenCalled()
    press(' ')
    expect(dropped).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: 'a' }), 'doing', 1)
  })

  it('can be moved to an empty column', () => {
    const { press, shape } = start()
    press(' ', 'd')
    press('ArrowRight', 'd')
    expect(shape()).toBe('abc||d')
    expect(announcement.value).toBe('1 of 1 in Done')
  })

  it('stops at the ends, with an announcement', () => {
    const { press, shape } = start()
    press(' ')
    press('ArrowUp')
    expect(announcement.value).toBe('Already at the top')
    press('ArrowLeft')
    expect(announcement.value).toBe('No more columns')
    expect(shape()).toBe('abc|d|')
  })

  it('returns on Escape', () => {
    const { press, shape, dropped } = start()
    press(' ')
    press('ArrowDown')
    press('Escape')
    expect(shape()).toBe('abc|d|')
    expect(dropped).not.toHaveBeenCalled()
    expect(press('Escape')).toBe(false)
  })
})
