// Owns how the tasks of a list are put under headings, and which of those keep an order by hand. Refuses to sort
// what stands in an order by hand.
import { BUCKETS, bucketOf, fullDay } from './dates'
import { PRIORITIES, type Grouping } from './containers'
import type { TaskList, TaskSummary } from './types'

export interface Section {
  key: string
  title: string
  tasks: TaskSummary[]
  /** Tasks can be put into another order here. */
  byHand: boolean
  /** What a task has that is added, or dropped, here. */
  list_id?: string | null
  priority?: number
}

export interface GroupingContext {
  zone: string
  now: Date
  lists: readonly TaskList[]
  /** All of one list, so that their order by hand means something without headings by list. */
  oneList: boolean
}

const dueKey = (task: TaskSummary) => task.due_at ?? '9999'
/** Soonest first; what has no date last, urgent before less urgent. */
const byDue = (a: TaskSummary, b: TaskSummary) =>
  dueKey(a).localeCompare(dueKey(b)) || rank(a) - rank(b) || a.id.localeCompare(b.id)
const rank = (task: TaskSummary) => -task.priority

export function sectionsOf(tasks: readonly TaskSummary[], grouping: Grouping, context: GroupingContext): Section[] {
  if (grouping === 'due') return byBucket(tasks, context)
  if (grouping === 'priority') return byPriority(tasks)
  return grouping === 'list'
    ? byList(tasks, context)
    : filled([{ key: 'all', title: 'Tasks', byHand: context.oneList, tasks: [...tasks] }])
}

function filled(sections: Section[]): Section[] {
  return sections.filter((section) => section.tasks.length > 0)
}

function byBucket(tasks: readonly TaskSummary[], { zone, now }: GroupingContext): Section[] {
  const sorted = [...tasks].sort(byDue)
  return filled(
    BUCKETS.map((bucket) => ({
      key: bucket,
      title: bucket,
      byHand: false,
      tasks: sorted.filter((task) => bucketOf(task, zone, now) === bucket),
    })),
  )
}

function byPriority(tasks: readonly TaskSummary[]): Section[] {
  const sorted = [...tasks].sort(byDue)
  return filled(
    PRIORITIES.map(({ value, label }) => ({
      key: `priority-${value}`,
      title: value ? `${value} ${label}` : 'No priority',
      byHand: false,
      priority: value,
      tasks: sorted.filter((task) => task.priority === value),
    })),
  )
}

function byList(tasks: readonly TaskSummary[], { lists }: GroupingContext): Section[] {
  const places = [{ id: null as string | null, name: 'Inbox' }, ...lists]
  const known = new Set(places.map(({ id }) => id))
  const sections: Section[] = places.map(({ id, name }) => ({
    key: id ?? 'inbox',
    title: name,
    byHand: true,
    list_id: id,
    tasks: tasks.filter((task) => (task.list_id ?? null) === id),
  }))
  // The list itself may not have come yet.
  const rest = tasks.filter((task) => !known.has(task.list_id ?? null))
  return filled([...sections, { key: 'other', title: 'Other lists', byHand: false, tasks: rest }])
}

/** What was done, by the day it was done on, newest first. */
export function doneSections(
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
    byHand: false,
    tasks: own,
  }))
}

/** A section's rows: parts of a task stand below it where both are there, and alone where they are not. */
export function rowsOf(
  tasks: readonly TaskSummary[],
  folded: ReadonlySet<string>,
): { task: TaskSummary; depth: 0 | 1; parts: TaskSummary[] }[] {
  const here = new Set(tasks.map((task) => task.id))
  const parts = new Map<string, TaskSummary[]>()
  for (const task of tasks)
    if (task.parent_id && here.has(task.parent_id))
      parts.set(task.parent_id, [...(parts.get(task.parent_id) ?? []), task])
  return tasks
    .filter((task) => !task.parent_id || !here.has(task.parent_id))
    .flatMap((task) => {
      const own = parts.get(task.id) ?? []
      const below = folded.has(task.id) ? [] : own.map((part) => ({ task: part, depth: 1 as const, parts: [] }))
      return [{ task, depth: 0 as const, parts: own }, ...below]
    })
}
