// Owns what can be done to tasks outside of their text: at once on the screen, then at the server, with a way
// back, and put back with a word where the server refuses. Refuses to decide what is shown.
import { describeError } from '@/api/errors'
import { taskChanges } from '@/changes'
import { undoBatch } from '@/features/batches/batches'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { uuidv7 } from '@/lib/uuid'
import * as api from './api'
import type { DueText } from './dates'
import { underway } from './mutationQueue'
import { isMoved, moveTo, type Spot } from './position'
import type { Due } from './quickAddParser'
import { priorityLabel, taskName } from './containers'
import type { NewTask, Task, TaskFields, TaskStatus, TaskSummary } from './types'

/** What shows the tasks: told first what is going to be, then what is. */
export interface Audience {
  put: (task: TaskSummary) => void
  remove: (...ids: string[]) => void
  remember: () => () => void
  /** Also the panel of the task, where it is open. */
  changed?: (task: Task) => void
}

type Sender = ReturnType<typeof useSender>

/** At once on the screen, then at the server, then what it made of it. */
function useSender(audience: Audience) {
  /** Tells a failure and says whether it worked. */
  async function attempt(work: () => Promise<void>, back: () => void = () => {}): Promise<boolean> {
    try {
      await underway(work)
      return true
    } catch (error) {
      back()
      showToast(describeError(error), { tone: 'danger' })
      return false
    }
  }

  function settled(task: Task) {
    audience.put(task)
    audience.changed?.(task)
    taskChanges.emit([task])
  }

  async function send(task: TaskSummary, fields: TaskFields): Promise<Task | undefined> {
    let after: Task | undefined
    const back = audience.remember()
    audience.put({ ...task, ...fields })
    // An earlier change of it may have been on its way when this one was made.
    const newest = () => Math.max(task.version, taskChanges.seenVersion(task.id))
    await attempt(async () => settled((after = await api.changeTask(task.id, newest(), fields))), back)
    return after
  }

  return { attempt, settled, send }
}

export function useTaskActions(audience: Audience) {
  const sender = useSender(audience)
  const { attempt, settled, send } = sender

  /** `told` is what is said of it, with an Undo. */
  async function change(task: TaskSummary, fields: TaskFields, told?: string): Promise<boolean> {
    const after = await send(task, fields)
    if (!after) return false
    const before = Object.fromEntries(
      Object.keys(fields).map((field) => [field, task[field as keyof TaskFields] ?? null]),
    ) as TaskFields
    if (told) offerUndo(told, () => send(after, before))
    return true
  }

  const quoted = (task: TaskSummary) => `“${taskName(task)}”`
  const setStatus = (task: TaskSummary, status: TaskStatus) =>
    change(task, { status }, status === 'done' ? `Done: ${quoted(task)}` : undefined)

  return {
    change,
    setStatus,
    toggleDone: (task: TaskSummary) => setStatus(task, task.status === 'done' ? 'todo' : 'done'),
    setPriority: (task: TaskSummary, priority: number) =>
      change(
        task,
        { priority },
        priority
          ? `Priority ${priority}, ${priorityLabel(priority).toLowerCase()}: ${quoted(task)}`
          : `No priority: ${quoted(task)}`,
      ),
    setDue: (task: TaskSummary, due: Due | undefined, told: DueText | undefined) =>
      change(
        task,
        { due_at: due?.at ?? null, due_is_date: due?.isDate ?? false },
        due && told ? `Due ${inSentence(told.words)}: ${quoted(task)}` : `No due date: ${quoted(task)}`,
      ),
    setList: (task: TaskSummary, list: string | null, name: string) =>
      change(task, { list_id: list }, `Moved ${quoted(task)} to ${name}`),

    /** A drop, by mouse or by keys. `show` puts it there at once. */
    async move(
      task: TaskSummary,
      column: readonly TaskSummary[],
      spot: Spot,
      show: (task: TaskSummary) => void,
    ): Promise<boolean> {
      if (!isMoved(task, column, spot)) return true
      const back = audience.remember()
      const order = moveTo(task, column, spot)
      show({ ...task, status: spot.status, ...(spot.list_id === undefined ? {} : { list_id: spot.list_id }) })
      return attempt(async () => settled(await api.moveTask(task.id, order)), back)
    },

    /** Resolves to the task, or to nothing when it was refused: the words are still in the field then. */
    async create(task: Omit<NewTask, 'id'>): Promise<Task | undefined> {
      const id = uuidv7()
      let made: Task | undefined
      await attempt(async () => settled((made = await api.createTask({ id, ...task }, id))))
      return made
    },

    ...useShelves(audience, sender),
  }
}

export const inSentence = (words: string) => words.replace(/^(Today|Tomorrow|Yesterday)/, (day) => day.toLowerCase())

/** Into the trash, out of it, and away. */
function useShelves(audience: Audience, { attempt, settled }: Sender) {
  return {
    async trash(task: TaskSummary): Promise<boolean> {
      let batch: string | null = null
      const back = audience.remember()
      audience.remove(task.id)
      const done = await attempt(async () => void (batch = await api.trashTask(task.id)), back)
      if (!done) return false
      taskChanges.emit()
      const restore = () =>
        batch
          ? undoBatch(batch, [{ id: task.id, version: task.version + 1 }], 'task')
          : attempt(async () => settled(await api.restoreTask(task.id)))
      offerUndo(`Moved “${taskName(task)}” to the trash`, restore)
      return true
    },

    async restore(task: TaskSummary): Promise<boolean> {
      const done = await attempt(async () => settled(await api.restoreTask(task.id)))
      if (done) showToast(`Restored “${taskName(task)}”`)
      return done
    },

    async deletePermanently(task: TaskSummary): Promise<boolean> {
      const done = await attempt(() => api.deleteTaskPermanently(task.id))
      if (!done) return false
      audience.remove(task.id)
      taskChanges.emit()
      showToast(`Deleted “${taskName(task)}” permanently`)
      return true
    },
  }
}

export type TaskActions = ReturnType<typeof useTaskActions>
