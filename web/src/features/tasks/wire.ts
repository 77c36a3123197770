// Owns the short names of the shapes of tasks. Refuses shapes that the server does not speak of.
import type { RevisionDifference, RevisionPage } from '@/api/types'

export type TaskStatus = 'todo' | 'doing' | 'done'

export interface TaskSummary {
  id: string
  version: number
  list_id?: string | null
  title: string
  excerpt: string
  status: TaskStatus
  /** 0 is none, 1 urgent, 4 low. */
  priority: number
  start_at?: string | null
  start_is_date: boolean
  due_at?: string | null
  due_is_date: boolean
  completed_at?: string | null
  position: string
  parent_id?: string | null
  note_id?: string | null
  tags: string[]
  subtasks: { open: number; total: number }
  created_at: string
  updated_at: string
  deleted_at?: string | null
  purge_at?: string | null
}

export type Task = TaskSummary & { description: string }

export interface TaskPage {
  items: TaskSummary[]
  next_cursor?: string | null
}

export type SmartList = 'today' | 'upcoming' | 'overdue' | 'done'
export type TaskSort = 'position' | 'due' | 'priority' | 'updated' | 'created'

export interface TaskQuery {
  limit?: number
  cursor?: string
  sort?: TaskSort
  list?: string
  status?: TaskStatus
  smart?: SmartList
  priority?: number
  tag?: string
  parent?: string
  note?: string
  trashed?: boolean
  q?: string
}

/** What of a task is not written but chosen. */
export interface TaskFields {
  list_id?: string | null
  status?: TaskStatus
  priority?: number
  start_at?: string | null
  start_is_date?: boolean
  due_at?: string | null
  due_is_date?: boolean
  parent_id?: string | null
  note_id?: string | null
  tags?: string[]
}

export type NewTask = TaskFields & { id?: string; title: string; description?: string }
export type TaskPatch = TaskFields & { title?: string; description?: string; base_version?: number; save_id?: string }
export type SavedTask = Task & { merge: string; conflict?: unknown }
export interface TaskMove {
  list_id?: string | null
  status?: TaskStatus
  after?: string
  before?: string
}

export interface TaskList {
  id: string
  version: number
  name: string
  colour?: string | null
  position: string
  counts: { todo: number; doing: number; done: number }
}

export interface SavedView {
  id: string
  version: number
  name: string
  kind: string
  query: string
  layout: 'list' | 'board'
}

export type TaskRevisionPage = RevisionPage
export interface TaskRevisionText {
  title: string
  description: string
}
export type TaskDifference = RevisionDifference
