// Owns which key does what to tasks: to the chosen ones where there are some, and else to the one one stands on.
// Refuses to do it.
import { useShortcuts, type Shortcut } from '@/lib/shortcuts'
import type { Selection } from '@/lib/useSelection'
import type { TaskBatchCommand } from './TaskBatchBar.vue'
import type { TaskSummary } from './types'

interface Pane {
  move: (step: number, options?: { extend?: boolean }) => void
  focusItem: (id: string | undefined) => void
  activeId: () => string
}

interface Wanted {
  pane: () => Pane | null
  selection: Selection<TaskSummary>
  find: (id: string) => TaskSummary | undefined
  openId: () => string
  trash: () => boolean
  board: () => boolean
  commands: Record<'open' | 'done' | 'trash' | 'restore' | 'tag' | 'move' | 'due', (task: TaskSummary) => unknown> & {
    priority: (task: TaskSummary, priority: number) => unknown
  }
  bulk: (wish: TaskBatchCommand) => void
  add: () => void
  search: () => void
  flush: () => void
  escape: () => void
}

const GROUP = 'Tasks'

/** Space presses what has the focus, where that is something to press. */
const notOnControl = (event: KeyboardEvent) => {
  const target = event.composedPath()[0]
  return !(target instanceof HTMLElement && target.closest('button, input, select, summary, [role="radio"]'))
}

export function useTaskKeys(wanted: Wanted) {
  const { selection, commands, bulk, pane } = wanted
  const target = () => wanted.find(pane()?.activeId() ?? '') ?? wanted.find(wanted.openId())

  const single = (run: (task: TaskSummary) => unknown) => () => {
    const task = target()
    if (task) void run(task)
  }
  const both = (wish: TaskBatchCommand, run: (task: TaskSummary) => unknown) => () => {
    if (selection.count.value > 0) bulk(wish)
    else single(run)()
  }
  const inUse = () => !wanted.trash()
  const entry = (keys: string, label: string, run: () => void, when?: Shortcut['when']): Shortcut => ({
    keys,
    label,
    group: GROUP,
    run,
    ...(when ? { when } : {}),
  })

  function toggle(task: TaskSummary) {
    selection.toggle(task.id)
    pane()?.focusItem(task.id)
  }

  useShortcuts([
    entry('t', 'New task', wanted.add),
    entry('/', 'Search', wanted.search),
    entry('j', 'Next task', () => pane()?.move(1)),
    entry('k', 'Previous task', () => pane()?.move(-1)),
    entry('o', 'Open the task (or Enter)', single(commands.open)),
    entry(
      ' ',
      'Done, or not done yet; on the board: pick up',
      both('done', commands.done),
      (event) => inUse() && notOnControl(event) && (!wanted.board() || selection.count.value > 0),
    ),
    ...[1, 2, 3, 4].map((priority) =>
      entry(
        String(priority),
        `Priority ${priority}`,
        both({ priority }, (task) => commands.priority(task, priority)),
        inUse,
      ),
    ),
    entry(
      '0',
      'No priority',
      both({ priority: 0 }, (task) => commands.priority(task, 0)),
      inUse,
    ),
    entry('d', 'Due date', both('due', commands.due), inUse),
    entry('m', 'Move to a list', both('move', commands.move), inUse),
    entry('l', 'Add tags', both('tag', commands.tag), inUse),
    entry('#', 'Move to the trash', both('delete', commands.trash), inUse),
    entry('r', 'Restore from the trash', both('restore', commands.restore), wanted.trash),
    entry('Escape', 'Close the task, end the selection', wanted.escape),
    entry('mod+s', 'Save now', wanted.flush),
    { keys: 'x', label: 'Select or unselect', group: 'Selecting', run: single(toggle) },
    {
      keys: 'J',
      label: 'Select down to the next (or Shift ↓)',
      group: 'Selecting',
      run: () => pane()?.move(1, { extend: true }),
    },
    {
      keys: 'K',
      label: 'Select up to the previous (or Shift ↑)',
      group: 'Selecting',
      run: () => pane()?.move(-1, { extend: true }),
    },
    { keys: '* a', label: 'Select all (or Ctrl A in the list)', group: 'Selecting', run: selection.all },
    { keys: '* n', label: 'Select none', group: 'Selecting', run: selection.clear },
  ])
}
