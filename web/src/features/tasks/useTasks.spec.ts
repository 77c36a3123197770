// Specs of changing listed tasks: optimistic display, rollback, undo, moves and the count of subtasks.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { acceptGrant } from '@/api/client'
import { toasts } from '@/lib/toasts'
import { clearUndo, undoLatest } from '@/lib/undo'
import { grant } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { makeTask } from '@/testing/tasks'
import type { Task } from './types'
import { useTaskActions } from './useTaskActions'
import type { OptionalQuery } from './useTaskQueries'
import { useTasks } from './useTasks'

let server: Map<string, Task>
let scope = effectScope()

/** The count of the mock server. */
function subtasksOf(id: string) {
  const all = [...server.values()].filter((task) => task.parent_id === id && !task.deleted_at)
  return { open: all.filter((task) => task.status !== 'done').length, total: all.length }
}

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
  // New ids: the versions that a tab has seen are kept across specs.
  const id = () => crypto.randomUUID()
  server = new Map(
    ['A', 'B', 'C']
      .map((title) => makeTask({ id: id(), title, position: title, excerpt: '' }))
      .map((task) => [task.id, task]),
  )
  on('get', '/api/v1/tasks', ({ url }) => {
    const status = url.searchParams.get('status')
    const items = [...server.values()]
      .filter((task) => !task.deleted_at && (!status || task.status === status))
      .sort((a, b) => (a.position < b.position ? -1 : 1))
    return {
      items: items.map(({ description: _, ...summary }) => ({ ...summary, subtasks: subtasksOf(summary.id) })),
      next_cursor: null,
    }
  })
})
afterEach(() => {
  scope.stop()
  clearUndo()
  toasts.value = []
})

async function start() {
  scope = effectScope()
  const shown = scope.run(() => {
    const tasks = useTasks({
      todo: ref<OptionalQuery>({ status: 'todo' }),
      done: ref<OptionalQuery>({ status: 'done' }),
    })
    return { tasks, actions: useTaskActions(tasks) }
  })!
  await vi.waitFor(() => expect(shown.tasks.lists.todo.items.value).toHaveLength(3))
  const titles = (name: 'todo' | 'done') => shown.tasks.lists[name].items.value.map((task) => task.title).join('')
  const task = (title: string) => shown.tasks.all.value.find((other) => other.title === title)!
  return { ...shown, titles, task }
}

const patched = () =>
  on('patch', '/api/v1/tasks/{id}', ({ url, body }) => {
    const task = server.get(url.pathname.split('/').at(-1)!)!
    const after = { ...task, ...(body as object), version: task.version + 1 }
    server.set(after.id, after)
    return { ...after, merge: 'none' as const }
  })

describe('a change', () => {
  it('is displayed before the answer, names the version, and can be undone', async () => {
    const { actions, titles, task } = await start()
    const patch = patched()
    const done = actions.toggleDone(task('B'))
    expect([titles('todo'), titles('done')]).toEqual(['AC', 'B'])
    expect(await done).toBe(true)
    expect(patch.mock.calls[0]![0].headers.get('if-match')).toBe('"v1"')
    expect(toasts.value.at(-1)?.message).toBe('Completed “B”')
    undoLatest()
    await vi.waitFor(() => expect(patch).toHaveBeenCalledTimes(2))
    expect(patch.mock.calls[1]![0].headers.get('if-match')).toBe('"v2"')
    await vi.waitFor(() => expect(titles('done')).toBe(''))
  })

  it('is rolled back on an error, with the reason', async () => {
    const { actions, titles, task } = await start()
    on('patch', '/api/v1/tasks/{id}', () => problem(422, 'invalid', { detail: 'Not this one.' }))
    const done = actions.toggleDone(task('B'))
    expect(titles('todo')).toBe('AC')
    expect(await done).toBe(false)
    expect([titles('todo'), titles('done')]).toEqual(['ABC', ''])
    expect(toasts.value.at(-1)).toMatchObject({ message: 'Not this one.', tone: 'danger' })
  })

  it('made while another is pending is based on the version that one creates', async () => {
    const { actions, task } = await start()
    const patch = patched()
    const before = task('A')
    await Promise.all([actions.setPriority(before, 1), actions.setPriority(before, 3)])
    expect(patch.mock.calls.map(([call]) => call.headers.get('if-match'))).toEqual(['"v1"', '"v2"'])
    expect(server.get(before.id)!.priority).toBe(3)
  })
})

describe('a move', () => {
  it('keeps the card at its position while a list is read', async () => {
    const { tasks, actions, titles, task } = await start()
    let answer = () => {}
    on('post', '/api/v1/tasks/{id}/move', async ({ body }) => {
      await new Promise<void>((resolve) => (answer = resolve))
      expect(body).toEqual({ after: task('B').id })
      const moved = { ...server.get(task('A').id)!, position: 'BB', version: 2 }
      server.set(moved.id, moved)
      return moved
    })
    const { todo } = tasks.lists
    const move = actions.move(task('A'), todo.items.value, { status: 'todo', index: 1 }, (moved) =>
      tasks.insert(moved, todo, 1),
    )
    expect(titles('todo')).toBe('BAC')
    tasks.refresh()
    await vi.waitFor(() => answer())
    await new Promise((resolve) => setTimeout(resolve))
    expect(titles('todo')).toBe('BAC')
    answer()
    expect(await move).toBe(true)
    expect(titles('todo')).toBe('BAC')
  })

  it('is rolled back on an error', async () => {
    const { tasks, actions, titles, task } = await start()
    on('post', '/api/v1/tasks/{id}/move', () => problem(422, 'invalid', { detail: 'It cannot go there.' }))
    const { todo, done } = tasks.lists
    const move = actions.move(task('A'), done.items.value, { status: 'done', index: 0 }, (moved) =>
      tasks.insert(moved, done, 0),
    )
    expect([titles('todo'), titles('done')]).toEqual(['BC', 'A'])
    expect(await move).toBe(false)
    expect([titles('todo'), titles('done')]).toEqual(['ABC', ''])
    expect(todo.items.value[0]!.status).toBe('todo')
  })

  it('to the current position sends nothing', async () => {
    const { tasks, actions, task } = await start()
    const { todo } = tasks.lists
    expect(await actions.move(task('B'), todo.items.value, { status: 'todo', index: 1 }, () => {})).toBe(true)
  })
})

describe('the count of subtasks', () => {
  const addSubtasks = (parent: Task, ...titles: string[]) => {
    for (const title of titles) {
      const subtask = makeTask({
        id: crypto.randomUUID(),
        title,
        position: `${parent.position}${title}`,
        parent_id: parent.id,
      })
      server.set(subtask.id, subtask)
    }
  }
  const withSubtasks = async () => {
    const [, second] = [...server.values()]
    addSubtasks(second!, 'x', 'y')
    server.set(second!.id, second!)
    scope = effectScope()
    const shown = scope.run(() => {
      const tasks = useTasks({
        todo: ref<OptionalQuery>({ status: 'todo' }),
        done: ref<OptionalQuery>({ status: 'done' }),
      })
      return { tasks, actions: useTaskActions(tasks) }
    })!
    await vi.waitFor(() => expect(shown.tasks.lists.todo.items.value).toHaveLength(5))
    const task = (title: string) => shown.tasks.all.value.find((other) => other.title === title)!
    return { ...shown, task }
  }

  it('is kept when a task is changed, although the answer does not contain it', async () => {
    const { actions, task } = await withSubtasks()
    patched()
    await actions.setPriority(task('B'), 3)
    expect(task('B')).toMatchObject({ priority: 3, subtasks: { open: 2, total: 2 } })
    await actions.toggleDone(task('B'))
    expect(task('B')).toMatchObject({ status: 'done', subtasks: { open: 2, total: 2 } })
  })

  it('changes with a completed subtask, and is rolled back with it', async () => {
    const { actions, task } = await withSubtasks()
    on('patch', '/api/v1/tasks/{id}', () => problem(422, 'invalid', { detail: 'Not this one.' }))
    const failed = actions.toggleDone(task('x'))
    expect(task('B').subtasks).toEqual({ open: 1, total: 2 })
    expect(await failed).toBe(false)
    expect(task('B').subtasks).toEqual({ open: 2, total: 2 })
    patched()
    await actions.toggleDone(task('x'))
    expect(task('B').subtasks).toEqual({ open: 1, total: 2 })
  })

  it('is read again if the subtask was changed elsewhere', async () => {
    const { tasks, task } = await withSubtasks()
    const subtask = [...server.values()].find(({ title }) => title === 'y')!
    server.set(subtask.id, { ...subtask, status: 'done', version: 2 })
    tasks.refresh()
    await vi.waitFor(() => expect(task('B').subtasks).toEqual({ open: 1, total: 2 }))
  })
})
