// The values of status, priority, layout and grouping, with their labels.
import type { TaskStatus } from './types'

export type Layout = 'list' | 'board'
export type Grouping = 'due' | 'list' | 'priority' | 'none'

export const LAYOUTS = [
  { value: 'list', label: 'List' },
  { value: 'board', label: 'Board' },
] as const

export const GROUPINGS = [
  { value: 'none', label: 'None' },
  { value: 'due', label: 'Due date' },
  { value: 'list', label: 'List' },
  { value: 'priority', label: 'Priority' },
] as const

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

export const statusLabel = (status: TaskStatus) => STATUSES.find((option) => option.value === status)!.label
export const priorityLabel = (priority: number) =>
  PRIORITIES.find((option) => option.value === priority)?.label ?? 'None'
