// Owns how the tasks of a list are put under headings, and which of those keep an order by hand. Refuses to sort
// what stands in an order by hand.
import { BUCKETS, bucketOf, fullDay } from './dates'
import { byPosition } from './stores'
import { PRIORITIES, statusLabel, type Grouping } from './places'
import type { TaskList, TaskStatus, TaskSummary } from './wire'

export interface Section {
  key: string
  title: string
  tasks: TaskSummary[]
  /** Tasks can be put into another order here. */
  byHand: boolean
  /** What a task has that is added, or dropped, here. */
  list_id?: string | null
  status?: TaskStatus
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
const byDue = (a: TaskSummary, b: TaskSummary) => dueKey(a).localeCompare(dueKey(b)) || rank(a) - rank(b) || a.id.localeCompare(b.id)
const rank = (task: TaskSummary) => task.priority || PRIORITIES.length

export function sectionsOf(tasks: readonly TaskSummary[], grouping: Grouping, context: GroupingContext): Section[] {
  if (grouping === 'due') return byBucket(tasks, context)
  if (grouping === 'priority') return byPriority(tasks)
  return grouping === 'list' ? byList(tasks, context) : byStatus(tasks, context)
}

function filled(sections: Section[]): Section[] {
  return sections.filter((section) => section.tasks.length > 0)
}

function byBucket(tasks: readonly TaskSummary[], { zone, now }: GroupingContext): Section[] {
  const sorted = [...tasks].sort(byDue)
  return filled(BUCKETS.map((bucket) => ({ key: bucket, title: bucket, byHand: false, tasks: sorted.filter((task) => bucketOf(task, zone, now) === bucket) })))
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

/** In a list what is in progress stands above what is to do: each has its own order. */
function byList(tasks: readonly TaskSummary[], { lists }: GroupingContext): Section[] {
  const places = [{ id: null as string | null, name: 'Inbox' }, ...[...lists].sort(byPosition)]
  const known = new Set(places.map(({ id }) => id))
  const sections: Section[] = places.map(({ id, name }) => ({ key: id ?? 'inbox', title: name, byHand: true, list_id: id, tasks: tasks.filter((task) => (task.list_id ?? null) === id) }))
  // The list itself may not have come yet.
  const rest = tasks.filter((task) => !known.has(task.list_id ?? null))
  return filled([...sections, { key: 'other', title: 'Other lists', byHand: false, tasks: rest }])
}

function byStatus(tasks: readonly TaskSummary[], { oneList }: GroupingContext): Section[] {
  const statuses: TaskStatus[] = ['doing', 'todo']
  const sections: Section[] = statuses.map((status) => ({ key: status, title: statusLabel(status), byHand: oneList, status, tasks: tasks.filter((task) => task.status === status) }))
  return filled(sections)
}

/** What was done, by the day it was done on, newest first. */
export function doneSections(tasks: readonly TaskSummary[], dayOfMoment: (iso: string) => string, today: string): Section[] {
  const days = new Map<string, TaskSummary[]>()
  for (const task of tasks) {
    const day = task.completed_at ? dayOfMoment(task.completed_at) : ''
    days.set(day, [...(days.get(day) ?? []), task])
  }
  return [...days].map(([day, own]) => ({ key: `done-${day}`, title: !day ? 'Done' : day === today ? 'Today' : fullDay(day), byHand: false, tasks: own }))
}
