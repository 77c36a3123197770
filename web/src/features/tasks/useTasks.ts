// Owns the tasks of one place as they stand on the screen: one list, or one for each status, each in pages; and
// what a change makes of them before and after the server has answered. Refuses to send a change.
import { computed, type Ref } from 'vue'
import { taskChanges } from '@/changes'
import { usePagedList } from '@/lib/usePagedList'
import { listTasks } from './api'
import { current } from './mutationQueue'
import { placed, type Spot } from './position'
import { fits } from './containers'
import type { TaskQuery, TaskSummary } from './types'

/** Nothing to ask: this list is not shown now. */
export type Question = TaskQuery | null

const NONE = { items: [], next_cursor: null }
const scope = (query: Question) => query && [query.list, query.smart, query.trashed, query.status].join(' ')

function useQuestion(question: Readonly<Ref<Question>>) {
  return usePagedList<TaskSummary, Question>(question, {
    page: (query, cursor, signal, limit) =>
      query
        ? current(() => listTasks({ ...query, limit, ...(cursor ? { cursor } : {}) }, signal), signal)
        : Promise.resolve(NONE),
    sameScope: (a, b) => scope(a) === scope(b),
    seen: (items) => items.forEach((task) => taskChanges.markSeen(task.id, task.version)),
  })
}

const isDone = (task: TaskSummary) => task.status === 'done'
/** What only lists tell stays known. */
const withCount = (task: TaskSummary, before: TaskSummary | undefined): TaskSummary =>
  task.subtasks || !before?.subtasks ? task : { ...task, subtasks: before.subtasks }

export type TaskSlot = ReturnType<typeof useQuestion>

export function useTasks(questions: readonly Readonly<Ref<Question>>[]) {
  const slots = questions.map(useQuestion)
  const shown = computed(() => slots.filter((_, index) => questions[index]!.value !== null))
  const all = computed(() => slots.flatMap((slot) => slot.items.value))

  const find = (id: string): TaskSummary | undefined => all.value.find((task) => task.id === id)

  /** Shows a task as it is now: where it stood, nowhere, or at the end of the list it belongs to now. */
  function put(told: TaskSummary) {
    const before = find(told.id)
    const task = withCount(told, before)
    if (before?.parent_id && isDone(before) !== isDone(task)) recount(before.parent_id, isDone(task) ? -1 : 1)
    slots.forEach((slot, index) => {
      const query = questions[index]!.value
      const here = slot.items.value.some((item) => item.id === task.id)
      const belongs = query !== null && (here || !query.q) && fits(task, query)
      if (here && belongs) slot.items.value = slot.items.value.map((item) => (item.id === task.id ? task : item))
      else if (here) slot.remove(task.id)
      else if (belongs && !slot.hasMore.value) slot.items.value = [...slot.items.value, task]
    })
  }

  /** One subtask more is open, or one less. The server's count follows with the list. */
  function recount(parent: string, by: number) {
    for (const slot of slots)
      slot.items.value = slot.items.value.map((item) =>
        item.id === parent && item.subtasks
          ? { ...item, subtasks: { ...item.subtasks, open: item.subtasks.open + by } }
          : item,
      )
  }

  /** Puts it where it was dropped, among what the slot shows. */
  function place(told: TaskSummary, slot: TaskSlot, index: number) {
    const task = withCount(told, find(told.id))
    for (const other of slots) if (other !== slot) other.remove(task.id)
    slot.items.value = placed(slot.items.value, task, index)
  }

  function remove(...ids: string[]) {
    for (const slot of slots) slot.remove(...ids)
  }

  function refresh() {
    for (const slot of shown.value) void slot.refresh()
  }

  /** Brings back what stood here, where a change was refused. */
  function remember() {
    const before = slots.map((slot) => slot.items.value)
    return () => slots.forEach((slot, index) => (slot.items.value = before[index]!))
  }

  return {
    slots,
    all,
    loading: computed(() =>
      shown.value.some((slot) => slot.loading.value === 'first' && slot.items.value.length === 0),
    ),
    error: computed(() => shown.value.find((slot) => slot.error.value)?.error.value ?? ''),
    find,
    put,
    place,
    remove,
    remember,
    refresh,
    reload: () => shown.value.forEach((slot) => void slot.reload()),
  }
}

export type Tasks = ReturnType<typeof useTasks>
export type { Spot }
