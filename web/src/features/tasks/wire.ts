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
  /** 0 is none, 4 the highest. */
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
export type TaskSort = 'position' | 'due' | 'priority' | 'updated' | 'created' | 'completed'

export interface TaskQuery {
  limit?: number
  cursor?: string
  sort?: TaskSort
  list?: string
  /** `open`: all that is not done. */
  status?: TaskStatus | 'open'
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
  /** Not done, not in the trash. */
  tasks: number
}

export interface SavedView {
  id: string
  version: number
  name: string
  kind: string
  query: string
  layout: string
}

export type TaskRevisionPage = RevisionPage
export interface TaskRevisionText {
  title: string
  body: string
}
export type TaskDifference = RevisionDifference
