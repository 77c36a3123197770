// The tasks on the screen: one paged list for each query, and how a change is applied to them before and after the
// server answers. `useTaskActions.ts` sends changes.
import { computed, type Ref } from 'vue'
import { taskChanges } from '@/changes'
import { usePagedList } from '@/lib/usePagedList'
import { listTasks } from './api'
import { matches } from './containers'
import { readConsistent } from './mutationQueue'
import { insertAt } from './position'
import type { TaskSummary } from './types'
import type { OptionalQuery } from './useTaskQueries'

const EMPTY_PAGE = { items: [], next_cursor: null }
const scope = (query: OptionalQuery) => query && [query.list, query.smart, query.trashed, query.status].join(' ')

function usePagedTasks(query: Readonly<Ref<OptionalQuery>>) {
  return usePagedList<TaskSummary, OptionalQuery>(query, {
    page: (query, cursor, signal, limit) =>
      query
        ? readConsistent(() => listTasks({ ...query, limit, ...(cursor ? { cursor } : {}) }, signal), signal)
        : Promise.resolve(EMPTY_PAGE),
    sameScope: (a, b) => scope(a) === scope(b),
    seen: (items) => items.forEach((task) => taskChanges.markSeen(task.id, task.version)),
  })
}

const isDone = (task: TaskSummary) => task.status === 'done'
/** Keeps the count of subtasks, which only lists contain. */
const withCount = (task: TaskSummary, before: TaskSummary | undefined): TaskSummary =>
  task.subtasks || !before?.subtasks ? task : { ...task, subtasks: before.subtasks }

/** Until the list is read again. */
function adjustOpenSubtasks(lists: readonly PagedTasks[], parent: string, by: number) {
  for (const list of lists)
    list.items.value = list.items.value.map((item) =>
      item.id === parent && item.subtasks
        ? { ...item, subtasks: { ...item.subtasks, open: item.subtasks.open + by } }
        : item,
    )
}

export type PagedTasks = ReturnType<typeof usePagedTasks>

export function useTasks<Name extends string>(queries: Record<Name, Readonly<Ref<OptionalQuery>>>) {
  const names = Object.keys(queries) as Name[]
  const lists = Object.fromEntries(names.map((name) => [name, usePagedTasks(queries[name])])) as Record<
    Name,
    PagedTasks
  >
  const everyList: PagedTasks[] = names.map((name) => lists[name])
  const displayed = computed(() => names.filter((name) => queries[name].value !== null).map((name) => lists[name]))
  const all = computed(() => everyList.flatMap((list) => list.items.value))

  const find = (id: string): TaskSummary | undefined => all.value.find((task) => task.id === id)

  /** Replaces the task where it is listed, removes it where it no longer matches, appends it where it does now. */
  function upsert(changed: TaskSummary) {
    const before = find(changed.id)
    const task = withCount(changed, before)
    if (before?.parent_id && isDone(before) !== isDone(task))
      adjustOpenSubtasks(everyList, before.parent_id, isDone(task) ? -1 : 1)
    for (const name of names) {
      const query = queries[name].value
      const list: PagedTasks = lists[name]
      const listed = list.items.value.some((item) => item.id === task.id)
      const belongs = query !== null && (listed || !query.q) && matches(task, query)
      if (listed && belongs) list.items.value = list.items.value.map((item) => (item.id === task.id ? task : item))
      else if (listed) list.remove(task.id)
      else if (belongs && !list.hasMore.value) list.items.value = [...list.items.value, task]
    }
  }

  /** Moves the task to `index` of one list. */
  function insert(moved: TaskSummary, list: PagedTasks, index: number) {
    const task = withCount(moved, find(moved.id))
    for (const other of everyList) if (other !== list) other.remove(task.id)
    list.items.value = insertAt(list.items.value, task, index)
  }

  function remove(...ids: string[]) {
    for (const list of everyList) list.remove(...ids)
  }

  function refresh() {
    for (const list of displayed.value) void list.refresh()
  }

  /** The returned function rolls back to this state. */
  function snapshot() {
    const before = everyList.map((list) => list.items.value)
    return () => everyList.forEach((list, index) => (list.items.value = before[index]!))
  }

  return {
    lists,
    all,
    loading: computed(() =>
      displayed.value.some((list) => list.loading.value === 'initial' && list.items.value.length === 0),
    ),
    error: computed(() => displayed.value.find((list) => list.error.value)?.error.value ?? ''),
    find,
    upsert,
    insert,
    remove,
    snapshot,
    refresh,
    reload: () => displayed.value.forEach((list) => void list.reload()),
  }
}

export type Tasks<Name extends string> = ReturnType<typeof useTasks<Name>>
