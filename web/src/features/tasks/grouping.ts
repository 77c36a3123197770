// Divides a list of tasks into sections with headings, and a section into rows of tasks and subtasks.
import { BUCKETS, bucketOf, fullDay } from './dates'
import { PRIORITIES, type Grouping } from './options'
import type { TaskList, TaskSummary } from './types'

export interface Section {
  key: string
  title: string
  tasks: TaskSummary[]
  /** In the order of their positions, which the user changes by moving tasks. */
  manualOrder: boolean
  /** Set on a task that is moved into this section. */
  list_id?: string | null
  priority?: number
}

export interface GroupingContext {
  zone: string
  now: Date
  lists: readonly TaskList[]
  /** All tasks are of one list. Positions of different lists are not comparable. */
  oneList: boolean
}

const dueKey = (task: TaskSummary) => task.due_at ?? '9999'
/** By due date, tasks without one last, then by descending priority. */
const byDue = (a: TaskSummary, b: TaskSummary) =>
  dueKey(a).localeCompare(dueKey(b)) || b.priority - a.priority || a.id.localeCompare(b.id)

export function sectionsOf(tasks: readonly TaskSummary[], grouping: Grouping, context: GroupingContext): Section[] {
  if (grouping === 'due') return byBucket(tasks, context)
  if (grouping === 'priority') return byPriority(tasks)
  return grouping === 'list'
    ? byList(tasks, context)
    : nonEmpty([{ key: 'all', title: 'Tasks', manualOrder: context.oneList, tasks: [...tasks] }])
}

function nonEmpty(sections: Section[]): Section[] {
  return sections.filter((section) => section.tasks.length > 0)
}

function byBucket(tasks: readonly TaskSummary[], { zone, now }: GroupingContext): Section[] {
  const sorted = [...tasks].sort(byDue)
  return nonEmpty(
    BUCKETS.map((bucket) => ({
      key: bucket,
      title: bucket,
      manualOrder: false,
      tasks: sorted.filter((task) => bucketOf(task, zone, now) === bucket),
    })),
  )
}

function byPriority(tasks: readonly TaskSummary[]): Section[] {
  const sorted = [...tasks].sort(byDue)
  return nonEmpty(
    PRIORITIES.map(({ value, label }) => ({
      key: `priority-${value}`,
      title: value ? `${value} ${label}` : 'No priority',
      manualOrder: false,
      priority: value,
      tasks: sorted.filter((task) => task.priority === value),
    })),
  )
}

function byList(tasks: readonly TaskSummary[], { lists }: GroupingContext): Section[] {
  const containers = [{ id: null as string | null, name: 'Inbox' }, ...lists]
  const known = new Set(containers.map(({ id }) => id))
  const sections: Section[] = containers.map(({ id, name }) => ({
    key: id ?? 'inbox',
    title: name,
    manualOrder: true,
    list_id: id,
    tasks: tasks.filter((task) => (task.list_id ?? null) === id),
  }))
  // Of lists that are not loaded yet.
  const rest = tasks.filter((task) => !known.has(task.list_id ?? null))
  return nonEmpty([...sections, { key: 'other', title: 'Other lists', manualOrder: false, tasks: rest }])
}

/** Completed tasks by the day of completion. */
export function completedSections(
  tasks: readonly TaskSummary[],
  dayOfMoment: (iso: string) => string,
  today: string,
): Section[] {
  const days = new Map<string, TaskSummary[]>()
  for (const task of tasks) {
    const day = task.completed_at ? dayOfMoment(task.completed_at) : ''
    days.set(day, [...(days.get(day) ?? []), task])
  }
  return [...days].map(([day, own]) => ({
    key: `done-${day}`,
    title: !day ? 'Done' : day === today ? 'Today' : fullDay(day),
    manualOrder: false,
    tasks: own,
  }))
}

export interface Row {
  task: TaskSummary
  depth: 0 | 1
  subtasks: TaskSummary[]
}

/** Subtasks are listed below their parent if it is in the same section, and on their own otherwise. */
export function rowsOf(tasks: readonly TaskSummary[], collapsed: ReadonlySet<string> = new Set()): Row[] {
  const ids = new Set(tasks.map((task) => task.id))
  const subtasks = new Map<string, TaskSummary[]>()
  for (const task of tasks)
    if (task.parent_id && ids.has(task.parent_id))
      subtasks.set(task.parent_id, [...(subtasks.get(task.parent_id) ?? []), task])
  return tasks
    .filter((task) => !task.parent_id || !ids.has(task.parent_id))
    .flatMap((task): Row[] => {
      const own = subtasks.get(task.id) ?? []
      const below = collapsed.has(task.id) ? [] : own.map((subtask): Row => ({ task: subtask, depth: 1, subtasks: [] }))
      return [{ task, depth: 0, subtasks: own }, ...below]
    })
}

/** The tasks of the section without those listed as subtasks. */
export const topLevelTasks = (section: Section): TaskSummary[] =>
  rowsOf(section.tasks).flatMap(({ task, depth }) => (depth === 0 ? [task] : []))
