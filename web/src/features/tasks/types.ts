// Owns which parts of a task are chosen rather than written, and the short names this feature uses. Refuses shapes
// that the server does not speak of.
import type { components } from '@/api/schema.gen'
import type { TaskPatch, TaskSummary as Summary } from '@/api/types'

export type {
  NewTask,
  SavedTask,
  SavedView,
  SmartList,
  Task,
  TaskList,
  TaskPage,
  TaskPatch,
  TaskQuery,
  TaskSort,
  TaskStatus,
} from '@/api/types'

/** How its subtasks are is told by lists only: it is not known of a task that comes from elsewhere. */
export type TaskSummary = Summary & { subtasks?: components['schemas']['Subtasks'] }

/** What of a task is not written but chosen. */
export type TaskFields = Omit<TaskPatch, 'title' | 'description' | 'base_version' | 'save_id'>
export type TaskMove = components['schemas']['MoveTask']
