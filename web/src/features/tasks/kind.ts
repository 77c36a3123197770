// Owns how the words of a task are written and saved: as those of a note. Refuses what is chosen rather than
// written (status, dates, list): see useTaskActions.
import { taskNews } from '@/features/notes/live'
import type { TextKind } from '@/features/writing/kind'
import { lookAfter } from '@/features/writing/parked'
import { textShape } from '@/features/writing/shape'
import { createTask, readTask, saveTask } from './api'
import type { Task } from './wire'

export interface TaskDraft {
  title: string
  description: string
}

export const TASK: TextKind<Task, TaskDraft> = {
  name: 'task',
  shape: textShape<TaskDraft>({ title: '', description: '' }, 'description'),
  create: createTask,
  save: saveTask,
  read: readTask,
  news: taskNews,
}

lookAfter(TASK)
