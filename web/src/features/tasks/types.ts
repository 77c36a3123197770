// The types of tasks. Those of the API have the names of its schemas.
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

/** Only lists contain the count of subtasks; a single task and the answer to a change do not. */
export type TaskSummary = Summary & { subtasks?: components['schemas']['Subtasks'] }

/** The fields of a task that are not text. They are saved at once, not by the editor. */
export type TaskFields = Omit<TaskPatch, 'title' | 'description' | 'base_version' | 'save_id'>
export type MoveRequest = components['schemas']['MoveTask']
