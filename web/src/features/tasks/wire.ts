// Owns which parts of a task are chosen rather than written, and the short names this feature uses. Refuses shapes
// that the server does not speak of.
import type { components } from '@/api/schema.gen'
import type { TaskPatch } from '@/api/types'

export type { NewTask, SavedTask, SavedView, SmartList, Task, TaskList, TaskPage, TaskPatch, TaskQuery, TaskSort, TaskStatus, TaskSummary } from '@/api/types'

/** What of a task is not written but chosen. */
export type TaskFields = Omit<TaskPatch, 'title' | 'description' | 'base_version' | 'save_id'>
export type TaskMove = components['schemas']['MoveTask']
