// Owns the promises of the tasks on the screen: a change stands there at once, stays when the server agrees, goes
// back when it does not, and is told with a way back. Refuses components.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { acceptGrant } from '@/api/client'
import { toasts } from '@/lib/toasts'
import { forgetUndo, undoLatest } from '@/lib/undo'
import { grant } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { makeTask } from '@/testing/tasks'
import { useTaskActions } from './useTaskActions'
import { useTasks, type Question } from './useTasks'
import type { Task } from './types'

let server: Map<string, Task>
let scope = effectScope()

/** As the server counts them. */
function subtasksOf(id: string) {
  const all = [...server.values()].filter((task) => task.parent_id === id && !task.deleted_at)
  return { open: all.filter((task) => task.status !== 'done').length, total: all.length }
}

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
  // Ids of their own: what a tab has seen outlives a spec.
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
  forgetUndo()
  toasts.value = []
})

async function start() {
  scope = effectScope()
  const shown = scope.run(() => {
    const tasks = useTasks([ref<Question>({ status: 'todo' }), ref<Question>({ status: 'done' })])
    return { tasks, actions: useTaskActions(tasks) }
  })!
  await vi.waitFor(() => expect(shown.tasks.slots[0]!.items.value).toHaveLength(3))
  const titles = (slot: number) => shown.tasks.slots[slot]!.items.value.map((task) => task.title).join('')
  const task = (title: string) => shown.tasks.all.value.find((one) => one.title === title)!
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
  it('is on the screen before the server has answered, names the version, and is taken back', async () => {
    const { actions, titles, task } = await start()
    const patch = patched()
    const done = actions.toggleDone(task('B'))
    expect([titles(0), titles(1)]).toEqual(['AC', 'B'])
    expect(await done).toBe(true)
    expect(patch.mock.calls[0]![0].headers.get('if-match')).toBe('"v1"')
    expect(toasts.value.at(-1)?.message).toBe('Done: “B”')
    undoLatest()
    await vi.waitFor(() => expect(patch).toHaveBeenCalledTimes(2))
    expect(patch.mock.calls[1]![0].headers.get('if-match')).toBe('"v2"')
    await vi.waitFor(() => expect(titles(1)).toBe(''))
  })

  it('goes back where it was when it is refused, and says why', async () => {
    const { actions, titles, task } = await start()
    on('patch', '/api/v1/tasks/{id}', () => problem(422, 'invalid', { detail: 'Not this one.' }))
    const done = actions.toggleDone(task('B'))
    expect(titles(0)).toBe('AC')
    expect(await done).toBe(false)
    expect([titles(0), titles(1)]).toEqual(['ABC', ''])
    expect(toasts.value.at(-1)).toMatchObject({ message: 'Not this one.', tone: 'danger' })
  })

  it('made while an earlier one is on its way stands on what that one makes', async () => {
    const { actions, task } = await start()
    const patch = patched()
    const [before] = [task('A')]
    await Promise.all([actions.setPriority(before, 1), actions.setPriority(before, 3)])
    expect(patch.mock.calls.map(([call]) => call.headers.get('if-match'))).toEqual(['"v1"', '"v2"'])
    expect(server.get(before.id)!.priority).toBe(3)
  })
})

describe('a drop', () => {
  it('leaves the card where it was dropped, whatever was being read meanwhile', async () => {
    const { tasks, actions, titles, task } = await start()
    let answer = () => {}
    on('post', '/api/v1/tasks/{id}/move', async ({ body }) => {
      await new Promise<void>((resolve) => (answer = resolve))
      expect(body).toEqual({ after: task('B').id })
      const moved = { ...server.get(task('A').id)!, position: 'BB', version: 2 }
      server.set(moved.id, moved)
      return moved
    })
    const [todo] = tasks.slots as [(typeof tasks.slots)[0]]
    const move = actions.move(task('A'), todo.items.value, { status: 'todo', index: 1 }, (moved) =>
      tasks.place(moved, todo, 1),
    )
    expect(titles(0)).toBe('BAC')
    tasks.refresh()
    await vi.waitFor(() => answer())
    await new Promise((resolve) => setTimeout(resolve))
    expect(titles(0)).toBe('BAC')
    answer()
    expect(await move).toBe(true)
    expect(titles(0)).toBe('BAC')
  })

  it('that is refused puts the card back', async () => {
    const { tasks, actions, titles, task } = await start()
    on('post', '/api/v1/tasks/{id}/move', () => problem(422, 'invalid', { detail: 'It cannot go there.' }))
    const [todo, done] = tasks.slots as [(typeof tasks.slots)[0], (typeof tasks.slots)[0]]
    const move = actions.move(task('A'), done.items.value, { status: 'done', index: 0 }, (moved) =>
      tasks.place(moved, done, 0),
    )
    expect([titles(0), titles(1)]).toEqual(['BC', 'A'])
    expect(await move).toBe(false)
    expect([titles(0), titles(1)]).toEqual(['ABC', ''])
    expect(todo.items.value[0]!.status).toBe('todo')
  })

  it('on its own place asks nobody', async () => {
    const { tasks, actions, task } = await start()
    const [todo] = tasks.slots as [(typeof tasks.slots)[0]]
    expect(await actions.move(task('B'), todo.items.value, { status: 'todo', index: 1 }, () => {})).toBe(true)
  })
})

describe('the count of subtasks', () => {
  const partsOf = (parent: Task, ...titles: string[]) => {
    for (const title of titles) {
      const part = makeTask({
        id: crypto.randomUUID(),
        title,
        position: `${parent.position}${title}`,
        parent_id: parent.id,
      })
      server.set(part.id, part)
    }
  }
  const withParts = async () => {
    const [, second] = [...server.values()]
    partsOf(second!, 'x', 'y')
    server.set(second!.id, second!)
    scope = effectScope()
    const shown = scope.run(() => {
      const tasks = useTasks([ref<Question>({ status: 'todo' }), ref<Question>({ status: 'done' })])
      return { tasks, actions: useTaskActions(tasks) }
    })!
    await vi.waitFor(() => expect(shown.tasks.slots[0]!.items.value).toHaveLength(5))
    const task = (title: string) => shown.tasks.all.value.find((one) => one.title === title)!
    return { ...shown, task }
  }

  it('stays with a task that is changed, although the answer to the change does not tell it', async () => {
    const { actions, task } = await withParts()
    patched()
    await actions.setPriority(task('B'), 3)
    expect(task('B')).toMatchObject({ priority: 3, subtasks: { open: 2, total: 2 } })
    await actions.toggleDone(task('B'))
    expect(task('B')).toMatchObject({ status: 'done', subtasks: { open: 2, total: 2 } })
  })

  it('follows a subtask that is ticked at once, and goes back with it when that is refused', async () => {
    const { actions, task } = await withParts()
    on('patch', '/api/v1/tasks/{id}', () => problem(422, 'invalid', { detail: 'Not this one.' }))
    const refused = actions.toggleDone(task('x'))
    expect(task('B').subtasks).toEqual({ open: 1, total: 2 })
    expect(await refused).toBe(false)
    expect(task('B').subtasks).toEqual({ open: 2, total: 2 })
    patched()
    await actions.toggleDone(task('x'))
    expect(task('B').subtasks).toEqual({ open: 1, total: 2 })
  })

  it('is looked at again where the subtask was changed somewhere else', async () => {
    const { tasks, task } = await withParts()
    const part = [...server.values()].find(({ title }) => title === 'y')!
    server.set(part.id, { ...part, status: 'done', version: 2 })
    tasks.refresh()
    await vi.waitFor(() => expect(task('B').subtasks).toEqual({ open: 1, total: 2 }))
  })
})
