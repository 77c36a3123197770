// Commands on a single task of the screen, for rows, keys and the open task, and the list state after a task left it.
import { openTagDialog } from '@/features/tags/dialogs'
import type { Selection } from '@/lib/useSelection'
import type { Ref } from 'vue'
import { describeDue, dueOf, useClock } from './dates'
import { openTaskDialog } from './dialogs'
import { taskName } from './taskName'
import type { Task, TaskSummary } from './types'
import type { TaskActions } from './useTaskActions'
import type { TaskRoute } from './useTaskRoute'

interface Options {
  route: TaskRoute
  actions: TaskActions
  selection: Selection<TaskSummary>
  /** In the order of the screen. */
  visible: Readonly<Ref<readonly TaskSummary[]>>
  find: (id: string) => TaskSummary | undefined
  remove: (...ids: string[]) => void
  focus: (id: string | undefined) => void
  /** Saves the text of the open task. */
  flush: () => Promise<void> | undefined
}

export function useTaskCommands({ route, actions, selection, visible, find, remove, focus, flush }: Options) {
  const { zone, now } = useClock()

  /** Removes tasks from the screen and focuses the task after them. */
  function leave(ids: string[]) {
    const removed = new Set(ids)
    const last = visible.value.findLastIndex((task) => removed.has(task.id))
    const next =
      visible.value.slice(last + 1).find((task) => !removed.has(task.id)) ??
      visible.value.findLast((task) => !removed.has(task.id))
    remove(...ids)
    if (removed.has(route.openId)) void route.close()
    if (selection.count.value === 0) selection.clear()
    focus(next?.id)
  }

  /** The task after its unsaved text is sent, so that a change is based on the version this creates. */
  async function saved(task: TaskSummary): Promise<TaskSummary> {
    if (task.id === route.openId) await flush()
    return find(task.id) ?? task
  }

  const quoted = (task: TaskSummary) => `“${taskName(task)}”`

  return {
    leave,
    open: (task: TaskSummary) => void route.open(task.id),
    done: async (task: TaskSummary) => void actions.toggleDone(await saved(task)),
    priority: async (task: TaskSummary, priority: number) => void actions.setPriority(await saved(task), priority),
    async trash(task: TaskSummary) {
      if (await actions.trash(await saved(task))) leave([task.id])
    },
    async restore(task: TaskSummary) {
      if (await actions.restore(task)) leave([task.id])
    },
    async deletePermanently(task: Task) {
      if (await actions.deletePermanently(task)) leave([task.id])
    },
    tag: (task: TaskSummary) => openTagDialog({ kind: 'add', ids: [task.id], of: 'task' }),
    move: (task: TaskSummary) =>
      openTaskDialog({
        kind: 'move',
        what: quoted(task),
        from: task.list_id ?? null,
        pick: async (list, name) => void actions.setList(await saved(task), list, name),
      }),
    due: (task: TaskSummary) =>
      openTaskDialog({
        kind: 'due',
        what: quoted(task),
        due: dueOf(task),
        pick: async (due) =>
          void actions.setDue(await saved(task), due, due && describeDue(due, zone.value, now.value)),
      }),
  }
}

export type TaskCommands = ReturnType<typeof useTaskCommands>
