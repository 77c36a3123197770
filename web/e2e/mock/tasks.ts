// The tasks, task lists and saved views of the mock server, with example data.
import type { NewBatch, SavedView, Task, TaskList } from '../../src/api/types'
import { problem, type Reply } from './account'

export interface MockTasks {
  tasks: Map<string, Task>
  lists: Map<string, TaskList>
  views: Map<string, SavedView>
}

const TIME = '2026-01-02T09:00:00Z'
const DAY = 86_400_000
const id = (kind: string, number: number) => `0190f3a0-0000-7000-8000-0000000${kind}${String(number).padStart(4, '0')}`
export const LISTS = { flat: id('a', 1), garden: id('a', 2), work: id('a', 3), empty: id('a', 4) }
export const VIEW = id('b', 1)
export const WARDROBE = id('c', 2)

export const isTasks = (resource: string | undefined) => ['tasks', 'task-lists', 'views'].includes(resource ?? '')

const listOf = (id: string, name: string): TaskList => ({
  id,
  name,
  version: 1,
  tasks: 0,
  created_at: TIME,
  updated_at: TIME,
})

function makeTask(task: Partial<Task> & { id: string }): Task {
  const now = new Date().toISOString()
  const description = task.description ?? ''
  return {
    version: 1,
    list_id: null,
    title: '',
    description,
    excerpt: description
      .replace(/[#*`>[\]_-]+/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 160),
    status: 'todo',
    priority: 0,
    start_at: null,
    start_is_date: false,
    due_at: null,
    due_is_date: false,
    completed_at: task.status === 'done' ? now : null,
    position: task.id,
    parent_id: null,
    note_id: null,
    tags: [],
    attachments: [],
    created_at: now,
    updated_at: now,
    deleted_at: null,
    purge_at: null,
    ...task,
  }
}

export function exampleTasks(now = new Date()): MockTasks {
  const due = (days: number) => ({
    due_at: `${new Date(now.getTime() + days * DAY).toISOString().slice(0, 10)}T00:00:00Z`,
    due_is_date: true,
  })
  const examples: Partial<Task>[] = [
    { title: 'Pay rent', list_id: LISTS.flat, priority: 2, tags: ['home'], ...due(1) },
    {
      title: 'Move the wardrobe before the painters come',
      list_id: LISTS.flat,
      priority: 3,
      status: 'doing',
      tags: ['home', 'to call'],
      note_id: '0190f3a0-0000-7000-8000-000000000011',
      description: 'It needs **two people** and the flat dolly.\n\n- measure the door\n- ask Jon',
      ...due(0),
    },
    { title: 'Measure the door', list_id: LISTS.flat, parent_id: WARDROBE, status: 'done' },
    { title: 'Ask Jon for Saturday', list_id: LISTS.flat, parent_id: WARDROBE, priority: 2 },
    { title: 'Borrow the dolly', list_id: LISTS.flat, parent_id: WARDROBE, ...due(2) },
    { title: 'Call the landlord about the radiator', list_id: LISTS.flat, priority: 4, tags: ['to call'], ...due(-3) },
    { title: 'Defrost the freezer', list_id: LISTS.flat, status: 'done' },
    { title: 'Return the library books', ...due(0) },
    { title: 'Buy a lamp for the desk', tags: ['gifts'] },
    { title: 'Book the train to the sea', priority: 3, due_at: `${now.toISOString().slice(0, 10)}T22:30:00Z` },
    {
      title: 'Beans along the fence, tomatoes under the roof, courgettes only two this year',
      list_id: LISTS.garden,
      ...due(12),
    },
    { title: 'Sharpen the chisels', list_id: LISTS.garden, priority: 1, ...due(5) },
    {
      title: 'Quarterly report',
      list_id: LISTS.work,
      priority: 4,
      status: 'doing',
      description: 'Numbers from Ana, text from me.',
      ...due(2),
    },
    { title: 'Review the contract', list_id: LISTS.work, ...due(9) },
    { title: 'Invoice for October', list_id: LISTS.work, status: 'done', ...due(-8) },
  ]
  const tasks = examples.map((task, index) => makeTask({ id: id('c', index + 1), ...task }))
  const lists = [
    listOf(LISTS.flat, 'Flat'),
    listOf(LISTS.garden, 'Garden and balcony'),
    listOf(LISTS.work, 'Work'),
    listOf(LISTS.empty, 'Someday'),
  ]
  const view: SavedView = {
    id: VIEW,
    version: 1,
    name: 'Calls to make',
    kind: 'tasks',
    query: 'tag=to+call',
    layout: 'list',
    position: 0,
    created_at: TIME,
    updated_at: TIME,
  }
  return {
    tasks: new Map(tasks.map((task) => [task.id, task])),
    lists: new Map(lists.map((list) => [list.id, list])),
    views: new Map([[VIEW, view]]),
  }
}

const page = <T>(items: T[]): Reply => ({ status: 200, body: { items, next_cursor: null } })

export function answerTasks(
  data: MockTasks,
  method: string,
  [resource, id, verb]: (string | undefined)[],
  query: URLSearchParams,
  body: Record<string, unknown>,
): Reply {
  if (resource === 'task-lists')
    return named(data.lists, method, id, body, () =>
      page(
        [...data.lists.values()].map((list) => ({
          ...list,
          tasks: [...data.tasks.values()].filter(
            (task) => task.list_id === list.id && task.status !== 'done' && !task.deleted_at,
          ).length,
        })),
      ),
    )
  if (resource === 'views') return named(data.views, method, id, body, () => page([...data.views.values()]))
  if (!id)
    return method === 'POST'
      ? store(data, makeTask(body as Partial<Task> & { id: string }), 201)
      : page(matchingTasks(data, query))
  const task = data.tasks.get(id)
  if (!task) return problem(404, 'not_found', 'There is no such task.')
  if (verb === 'revisions') return page([])
  if (verb === 'restore') return store(data, { ...task, deleted_at: null, purge_at: null })
  if (verb === 'move') return store(data, { ...task, ...body } as Task)
  if (method === 'DELETE') {
    store(data, { ...task, deleted_at: TIME, purge_at: new Date(Date.now() + 30 * DAY).toISOString() })
    return { status: 204 }
  }
  if (method !== 'PATCH') return { status: 200, body: task }
  const { base_version: _, save_id: __, ...fields } = body
  return store(data, {
    ...task,
    ...fields,
    ...(fields.status ? { completed_at: fields.status === 'done' ? new Date().toISOString() : null } : {}),
  } as Task)
}

function named<T extends { id: string; version: number }>(
  all: Map<string, T>,
  method: string,
  id: string | undefined,
  body: Record<string, unknown>,
  list: () => Reply,
): Reply {
  if (!id && method === 'GET') return list()
  if (method === 'DELETE') return { status: all.delete(id ?? '') ? 204 : 404 }
  const before = id ? all.get(id) : undefined
  const entry = {
    tasks: 0,
    created_at: TIME,
    updated_at: TIME,
    ...before,
    ...body,
    version: (before?.version ?? 0) + 1,
  } as unknown as T
  all.set(entry.id, entry)
  return { status: before ? 200 : 201, body: entry }
}

function store(data: MockTasks, task: Task, status = 200): Reply {
  const stored = { ...task, version: task.version + 1 }
  data.tasks.set(stored.id, stored)
  return { status, body: { ...stored, merge: 'none' } }
}

function subtasksOf(data: MockTasks, id: string) {
  const all = [...data.tasks.values()].filter((task) => task.parent_id === id && !task.deleted_at)
  return { open: all.filter((task) => task.status !== 'done').length, total: all.length }
}

function matchingTasks(data: MockTasks, query: URLSearchParams) {
  const is = (name: string, value: unknown) => !query.has(name) || query.get(name) === String(value)
  const q = (query.get('q') ?? '').toLowerCase()
  const today = new Date().toISOString().slice(0, 10)
  const day = (task: Task) => task.due_at?.slice(0, 10) ?? ''
  const smart: Record<string, (task: Task) => boolean> = {
    today: (task) => task.status !== 'done' && day(task) === today,
    upcoming: (task) => task.status !== 'done' && day(task) > today,
    overdue: (task) => task.status !== 'done' && day(task) !== '' && day(task) < today,
    done: (task) => task.status === 'done',
  }
  return [...data.tasks.values()]
    .filter((task) => Boolean(task.deleted_at) === (query.get('trashed') === 'true'))
    .filter((task) => (query.get('status') === 'open' ? task.status !== 'done' : is('status', task.status)))
    .filter(
      (task) =>
        is('list', task.list_id ?? 'none') && is('parent', task.parent_id ?? 'none') && is('priority', task.priority),
    )
    .filter((task) => !query.has('tag') || task.tags.includes(query.get('tag')!))
    .filter((task) => !q || `${task.title}\n${task.description}`.toLowerCase().includes(q))
    .filter((task) => smart[query.get('smart') ?? '']?.(task) ?? true)
    .sort(
      (a, b) =>
        (query.get('sort') === 'due' ? day(a).localeCompare(day(b)) : 0) || a.position.localeCompare(b.position),
    )
    .map(({ description: _, ...summary }) => ({ ...summary, subtasks: subtasksOf(data, summary.id) }))
}

/** Applies a batch. It cannot be undone here. */
export function changeTasks(
  data: MockTasks,
  { ids, action, status, priority, list_id, due_at, due_is_date, tags = [] }: NewBatch,
) {
  for (const id of ids) {
    const task = data.tasks.get(id)
    if (!task) continue
    const change: Partial<Task> =
      action === 'status'
        ? { status: status! }
        : action === 'priority'
          ? { priority: priority! }
          : action === 'due'
            ? { due_at: due_at ?? null, due_is_date: due_is_date ?? false }
            : action === 'move'
              ? { list_id: list_id ?? null }
              : action === 'tag'
                ? { tags: [...new Set([...task.tags, ...tags])].sort() }
                : { deleted_at: TIME }
    store(data, { ...task, ...change })
  }
}
