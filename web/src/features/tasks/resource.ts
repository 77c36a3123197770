// Owns how the words of a task are written and saved: as those of a note. Refuses what is chosen rather than
// written (status, dates, list): see useTaskActions.
import { taskChanges } from '@/changes'
import type { TextResource } from '@/features/editor/resource'
import { registerResource } from '@/features/editor/backgroundSaves'
import { textSchema } from '@/features/editor/schema'
import { createTask, readTask, saveTask } from './api'
import type { Task } from './types'

export interface TaskDraft {
  title: string
  description: string
}

export const TASK: TextResource<Task, TaskDraft> = {
  name: 'task',
  schema: textSchema<TaskDraft>({ title: '', description: '' }, 'description'),
  create: createTask,
  save: saveTask,
  read: readTask,
  changes: taskChanges,
}

registerResource(TASK)
