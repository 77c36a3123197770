// Tasks as a resource of the editor: how their text is created, saved and read. Other fields: `useTaskActions.ts`.
import { taskChanges } from '@/changes'
import { registerResource } from '@/features/editor/backgroundSaves'
import type { TextResource } from '@/features/editor/resource'
import { createTask, readTask, saveTask } from './api'
import { TASK_SCHEMA, type TaskDraft } from './schema'
import type { Task } from './types'

export const TASK: TextResource<Task, TaskDraft> = {
  name: 'task',
  schema: TASK_SCHEMA,
  create: createTask,
  save: saveTask,
  read: readTask,
  changes: taskChanges,
}

registerResource(TASK)
