// The editable text fields of a task.
import { textSchema } from '@/features/editor/schema'

export interface TaskDraft {
  title: string
  description: string
}

export const TASK_SCHEMA = textSchema<TaskDraft>({ title: '', description: '' }, 'description')
