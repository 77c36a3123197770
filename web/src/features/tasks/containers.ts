// Owns which tasks an address shows: its place and its filters, as a question to the server, and back from a
// saved one. Refuses to ask it.
import type { LocationQuery } from 'vue-router'
import type { SmartList, TaskQuery, TaskStatus, TaskSummary } from './types'

export const SMART: Record<SmartList, string> = {
  today: 'Today',
  upcoming: 'Upcoming',
  overdue: 'Overdue',
  done: 'Done',
}
export type Place = 'all' | 'inbox' | 'list' | 'view' | 'trash' | SmartList
export type Layout = 'list' | 'board'
export type Grouping = 'due' | 'list' | 'priority' | 'none'

export const STATUSES = [
  { value: 'todo', label: 'To do' },
  { value: 'doing', label: 'In progress' },
  { value: 'done', label: 'Done' },
] as const

export const PRIORITIES = [
  { value: 4, label: 'Urgent' },
  { value: 3, label: 'High' },
  { value: 2, label: 'Medium' },
  { value: 1, label: 'Low' },
  { value: 0, label: 'None' },
] as const

/** What the server calls the tasks of no list. */
export const INBOX = 'none'

export const GROUPINGS = [
  { value: 'none', label: 'None' },
  { value: 'due', label: 'Due date' },
  { value: 'list', label: 'List' },
  { value: 'priority', label: 'Priority' },
] as const

export const statusLabel = (status: TaskStatus) => STATUSES.find((one) => one.value === status)!.label
export const priorityLabel = (priority: number) => PRIORITIES.find((one) => one.value === priority)?.label ?? 'None'
export const isSmart = (place: string): place is SmartList => Object.hasOwn(SMART, place)
export const taskName = (task: { title: string }) => task.title.trim() || 'Untitled'

/** What narrows the tasks of a place. */
export interface TaskFilter {
  list?: string
  status?: TaskStatus
  priority?: number
  tag?: string
  q?: string
}

const word = (value: unknown) => (typeof value === 'string' && value ? value : undefined)
const statusIn = (value: unknown) => STATUSES.find((one) => one.value === value)?.value
const priorityIn = (value: unknown) => PRIORITIES.find((one) => one.value > 0 && String(one.value) === value)?.value

const without = <T extends object>(source: T): T =>
  Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined)) as T

export const filterIn = (query: LocationQuery | Record<string, unknown>): TaskFilter =>
  without({
    list: word(query.list),
    status: statusIn(query.status),
    priority: priorityIn(query.priority),
    tag: word(query.tag),
    q: word(query.q)?.trim() || undefined,
  })

export const filterOfView = (query: string): TaskFilter => filterIn(Object.fromEntries(new URLSearchParams(query)))

/** As it is saved: the words of a question to the server. */
export const wordsOf = (filter: TaskFilter): string =>
  new URLSearchParams(Object.entries(without(filter)).map(([name, value]) => [name, String(value)])).toString()

export const isNarrowed = (filter: TaskFilter) => Object.keys(without(filter)).length > 0

export function questionOf(place: Place, key: string, filter: TaskFilter): TaskQuery {
  const own =
    place === 'inbox'
      ? { list: INBOX }
      : place === 'list'
        ? { list: key }
        : isSmart(place)
          ? { smart: place }
          : place === 'trash'
            ? { trashed: true }
            : {}
  return { ...without(filter), ...own }
}

/** Whether a task that has changed is still one of those that were asked for, as far as this page can tell. */
export function fits(task: TaskSummary, query: TaskQuery): boolean {
  if (Boolean(task.deleted_at) !== Boolean(query.trashed)) return false
  if (query.list && (task.list_id ?? INBOX) !== query.list) return false
  if (query.status && !(query.status === 'open' ? task.status !== 'done' : task.status === query.status)) return false
  if (query.parent === 'none' && task.parent_id) return false
  if (query.smart && (task.status === 'done') !== (query.smart === 'done')) return false
  if (query.priority && task.priority !== query.priority) return false
  if (query.tag && !task.tags.some((tag) => tag.toLowerCase() === query.tag!.toLowerCase())) return false
  return true
}
