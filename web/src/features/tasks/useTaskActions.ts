// Changes of tasks other than text: applied to the screen at once, sent through the mutation queue, rolled back with a
// message on an error, and undone with a toast.
import { describeError } from '@/api/errors'
import { taskChanges } from '@/changes'
import { undoBatch } from '@/features/batches/batches'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { uuidv7 } from '@/lib/uuid'
import * as api from './api'
import type { DueText } from './dates'
import { enqueueMutation } from './mutationQueue'
import { priorityLabel } from './options'
import { isMoved, moveRequest, type Position } from './position'
import type { Due } from './quickAddParser'
import { taskName } from './taskName'
import type { NewTask, Task, TaskFields, TaskStatus, TaskSummary } from './types'

/** The lists that show the tasks. */
export interface TaskDisplay {
  upsert: (task: TaskSummary) => void
  remove: (...ids: string[]) => void
  /** The returned function rolls back to this state. */
  snapshot: () => () => void
  /** With the task as the server answered it. */
  updated?: (task: Task) => void
}

type Sender = ReturnType<typeof useSender>

function useSender(display: TaskDisplay) {
  /** Resolves to false after an error, which it has shown. */
  async function attempt(mutation: () => Promise<void>, rollBack: () => void = () => {}): Promise<boolean> {
    try {
      await enqueueMutation(mutation)
      return true
    } catch (error) {
      rollBack()
      showToast(describeError(error), { tone: 'danger' })
      return false
    }
  }

  function publish(task: Task) {
    display.upsert(task)
    display.updated?.(task)
    taskChanges.emit([task])
  }

  async function send(task: TaskSummary, fields: TaskFields): Promise<Task | undefined> {
    let after: Task | undefined
    const rollBack = display.snapshot()
    display.upsert({ ...task, ...fields })
    // Evaluated when it is sent: earlier mutations in the queue raise the version.
    const version = () => Math.max(task.version, taskChanges.seenVersion(task.id))
    await attempt(async () => publish((after = await api.changeTask(task.id, version(), fields))), rollBack)
    return after
  }

  return { attempt, publish, send }
}

const quoted = (task: TaskSummary) => `“${taskName(task)}”`
/** For use inside a sentence. */
export const lowerCaseDay = (text: string) => text.replace(/^(Today|Tomorrow|Yesterday)/, (day) => day.toLowerCase())

export function useTaskActions(display: TaskDisplay) {
  const sender = useSender(display)
  const { attempt, publish, send } = sender

  /** With a message, the change can be undone. */
  async function change(task: TaskSummary, fields: TaskFields, message?: string): Promise<boolean> {
    const after = await send(task, fields)
    if (!after) return false
    const before = Object.fromEntries(
      Object.keys(fields).map((field) => [field, task[field as keyof TaskFields] ?? null]),
    ) as TaskFields
    if (message) offerUndo(message, () => send(after, before))
    return true
  }

  const setStatus = (task: TaskSummary, status: TaskStatus) =>
    change(task, { status }, status === 'done' ? `Completed ${quoted(task)}` : undefined)

  return {
    change,
    toggleDone: (task: TaskSummary) => setStatus(task, task.status === 'done' ? 'todo' : 'done'),
    setPriority: (task: TaskSummary, priority: number) =>
      change(
        task,
        { priority },
        priority
          ? `Set priority ${priority}, ${priorityLabel(priority).toLowerCase()}, for ${quoted(task)}`
          : `Removed the priority of ${quoted(task)}`,
      ),
    setDue: (task: TaskSummary, due: Due | undefined, dueText: DueText | undefined) =>
      change(
        task,
        { due_at: due?.at ?? null, due_is_date: due?.isDate ?? false },
        due && dueText
          ? `${quoted(task)} is due ${lowerCaseDay(dueText.text)}`
          : `Removed the due date of ${quoted(task)}`,
      ),
    setList: (task: TaskSummary, list: string | null, name: string) =>
      change(task, { list_id: list }, `Moved ${quoted(task)} to ${name}`),

    /** `show` displays the task at its new position before the server answers. */
    async move(
      task: TaskSummary,
      column: readonly TaskSummary[],
      to: Position,
      show: (task: TaskSummary) => void,
    ): Promise<boolean> {
      if (!isMoved(task, column, to)) return true
      const rollBack = display.snapshot()
      const request = moveRequest(task, column, to)
      show({ ...task, status: to.status, ...(to.list_id === undefined ? {} : { list_id: to.list_id }) })
      return attempt(async () => publish(await api.moveTask(task.id, request)), rollBack)
    },

    /** Resolves to nothing after an error. */
    async create(task: Omit<NewTask, 'id'>): Promise<Task | undefined> {
      const id = uuidv7()
      let created: Task | undefined
      await attempt(async () => publish((created = await api.createTask({ id, ...task }, id))))
      return created
    },

    ...useTrashActions(display, sender),
  }
}

function useTrashActions(display: TaskDisplay, { attempt, publish }: Sender) {
  return {
    async trash(task: TaskSummary): Promise<boolean> {
      let batch: string | null = null
      const rollBack = display.snapshot()
      display.remove(task.id)
      const done = await attempt(async () => void (batch = await api.trashTask(task.id)), rollBack)
      if (!done) return false
      taskChanges.emit()
      const undo = () =>
        batch
          ? undoBatch(batch, [{ id: task.id, version: task.version + 1 }], 'task')
          : attempt(async () => publish(await api.restoreTask(task.id)))
      offerUndo(`Moved ${quoted(task)} to the trash`, undo)
      return true
    },

    async restore(task: TaskSummary): Promise<boolean> {
      const done = await attempt(async () => publish(await api.restoreTask(task.id)))
      if (done) showToast(`Restored ${quoted(task)}`)
      return done
    },

    async deletePermanently(task: TaskSummary): Promise<boolean> {
      const done = await attempt(() => api.deleteTaskPermanently(task.id))
      if (!done) return false
      display.remove(task.id)
      taskChanges.emit()
      showToast(`Deleted ${quoted(task)} permanently`)
      return true
    },
  }
}

export type TaskActions = ReturnType<typeof useTaskActions>
