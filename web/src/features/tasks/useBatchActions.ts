// Actions on the selected tasks, each one batch with one undo.
import { BATCH_LIMIT, type BatchRequest, countOf, runBatch } from '@/features/batches/batches'
import { openTagDialog } from '@/features/tags/dialogs'
import type { Selection } from '@/lib/useSelection'
import { describeDue, useClock } from './dates'
import { openTaskDialog } from './dialogs'
import { enqueueMutation } from './mutationQueue'
import type { TaskSummary } from './types'
import { lowerCaseDay } from './useTaskActions'

export type TaskBatchCommand = 'done' | 'move' | 'due' | 'tag' | 'untag' | 'delete' | 'restore' | { priority: number }

/** `removed` receives the ids that are no longer in the displayed list. */
export function useBatchActions(selection: Selection<TaskSummary>, removed: (ids: string[]) => void) {
  const { zone, now } = useClock()

  async function run(request: Omit<BatchRequest, 'kind' | 'ids'>, message?: string) {
    const ids = selection.selected.value.map((task) => task.id)
    // Above the limit the default message states how many tasks were changed.
    const wording = message && ids.length <= BATCH_LIMIT ? { done: message } : {}
    const batch = await enqueueMutation(() => runBatch({ kind: 'task', ids, ...request }, wording))
    if (batch && ['delete', 'restore'].includes(request.action)) removed(ids.slice(0, BATCH_LIMIT))
  }

  return function act(command: TaskBatchCommand) {
    const selected = selection.selected.value
    const ids = selected.map((task) => task.id)
    const what = countOf('task', ids.length)
    if (ids.length === 0) return
    if (typeof command === 'object') return void run({ action: 'priority', priority: command.priority })
    if (command === 'done')
      return void run({ action: 'status', status: selected.every((task) => task.status === 'done') ? 'todo' : 'done' })
    if (command === 'tag') return openTagDialog({ kind: 'add', ids, of: 'task' })
    if (command === 'untag')
      return openTagDialog({
        kind: 'remove',
        ids,
        of: 'task',
        tags: [...new Set(selected.flatMap((task) => task.tags))].sort(),
      })
    if (command === 'move')
      return openTaskDialog({
        kind: 'move',
        what,
        pick: (list, name) => void run({ action: 'move', list_id: list }, `Moved ${what} to ${name}`),
      })
    if (command === 'due')
      return openTaskDialog({
        kind: 'due',
        what,
        pick: (due) =>
          void run(
            { action: 'due', due_at: due?.at ?? null, due_is_date: due?.isDate ?? false },
            due
              ? `${what} due ${lowerCaseDay(describeDue(due, zone.value, now.value).text)}`
              : `Removed the due date of ${what}`,
          ),
      })
    void run({ action: command })
  }
}
