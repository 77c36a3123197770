// Owns what is done to the chosen tasks together, each with its Undo. Refuses single ones.
import { BATCH_LIMIT, type BatchRequest, runBatch } from '@/features/batches/batches'
import { openTagDialog } from '@/features/tags/dialogs'
import type { Selection } from '@/lib/useSelection'
import { describeDue, useClock } from './dates'
import { underway } from './mutationQueue'
import { openTaskDialog } from './dialogs'
import type { TaskBatchCommand } from './TaskBatchBar.vue'
import { inSentence } from './useTaskActions'
import type { TaskSummary } from './types'

export const countTasks = (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'task' : 'tasks'}`

/** `left`: these are no longer where they were shown. */
export function useBatchActions(selection: Selection<TaskSummary>, left: (ids: string[]) => void) {
  const { zone, now } = useClock()

  async function run(order: Omit<BatchRequest, 'kind' | 'ids'>, done?: string) {
    const ids = selection.chosen.value.map((task) => task.id)
    // Of more than go at once the sentence says how many went.
    const words = done && ids.length <= BATCH_LIMIT ? { done } : {}
    const batch = await underway(() => runBatch({ kind: 'task', ids, ...order }, words))
    if (batch && ['delete', 'restore'].includes(order.action)) left(ids.slice(0, BATCH_LIMIT))
  }

  return function act(wish: TaskBatchCommand) {
    const chosen = selection.chosen.value
    const ids = chosen.map((task) => task.id)
    const what = countTasks(ids.length)
    if (ids.length === 0) return
    if (typeof wish === 'object') return void run({ action: 'priority', priority: wish.priority })
    if (wish === 'done')
      return void run({ action: 'status', status: chosen.every((task) => task.status === 'done') ? 'todo' : 'done' })
    if (wish === 'tag') return openTagDialog({ kind: 'add', ids, of: 'task' })
    if (wish === 'untag')
      return openTagDialog({
        kind: 'remove',
        ids,
        of: 'task',
        tags: [...new Set(chosen.flatMap((task) => task.tags))].sort(),
      })
    if (wish === 'move')
      return openTaskDialog({
        kind: 'move',
        what,
        pick: (list, name) => void run({ action: 'move', list_id: list }, `Moved ${what} to ${name}`),
      })
    if (wish === 'due')
      return openTaskDialog({
        kind: 'due',
        what: ids.length === 1 ? 'the task' : 'each of them',
        pick: (due) =>
          void run(
            { action: 'due', due_at: due?.at ?? null, due_is_date: due?.isDate ?? false },
            due
              ? `${what} due ${inSentence(describeDue(due, zone.value, now.value).words)}`
              : `No due date for ${what}`,
          ),
      })
    void run({ action: wish })
  }
}
