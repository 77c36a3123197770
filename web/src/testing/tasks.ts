// Example tasks for specs.
import type { Task, TaskList } from '@/features/tasks/types'

export function makeTask(change: Partial<Task> = {}): Task {
  return {
    id: '0190f3a0-0000-7000-8000-00000000c001',
    version: 1,
    list_id: null,
    title: 'Pay rent',
    description: '',
    excerpt: '',
    status: 'todo',
    priority: 0,
    start_at: null,
    start_is_date: false,
    due_at: null,
    due_is_date: false,
    completed_at: null,
    position: 'V',
    parent_id: null,
    note_id: null,
    tags: [],
    attachments: [],
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    deleted_at: null,
    purge_at: null,
    ...change,
  }
}

export const makeList = (id: string, name: string, change: Partial<TaskList> = {}): TaskList => ({
  id,
  name,
  version: 1,
  tasks: 0,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  ...change,
})
