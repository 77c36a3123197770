// The keyboard shortcuts of the tasks screen. They act on the selected tasks, otherwise on the focused or open one.
import { selectionShortcuts } from '@/lib/selectionShortcuts'
import { useShortcuts, type Shortcut } from '@/lib/shortcuts'
import type { Selection } from '@/lib/useSelection'
import { PRIORITIES } from './options'
import type { TaskSummary } from './types'
import type { TaskBatchCommand } from './useBatchActions'
import type { TaskCommands } from './useTaskCommands'

/** The list or the board. */
export interface TaskPane {
  move: (step: number, options?: { extend?: boolean }) => void
  focusItem: (id: string | undefined) => void
  activeId: () => string
  first: () => string | undefined
}

interface Options {
  pane: () => TaskPane | null
  selection: Selection<TaskSummary>
  find: (id: string) => TaskSummary | undefined
  openId: () => string
  inTrash: () => boolean
  onBoard: () => boolean
  commands: TaskCommands
  batch: (command: TaskBatchCommand) => void
  add: () => void
  search: () => void
  save: () => void
  escape: () => void
}

const GROUP = 'Tasks'

/** The space bar presses a focused control. */
const notOnControl = (event: KeyboardEvent) => {
  const target = event.composedPath()[0]
  return !(target instanceof HTMLElement && target.closest('button, input, select, summary, [role="radio"]'))
}

const entry = (keys: string, label: string, run: () => void, when?: Shortcut['when']): Shortcut => ({
  keys,
  label,
  group: GROUP,
  run,
  ...(when ? { when } : {}),
})

export function useTaskKeys(options: Options) {
  const { pane, selection } = options

  const onTask = (run: (task: TaskSummary) => unknown) => () => {
    const task = options.find(pane()?.activeId() ?? '') ?? options.find(options.openId())
    if (task) void run(task)
  }
  const onTasks = (command: TaskBatchCommand, run: (task: TaskSummary) => unknown) => () => {
    if (selection.count.value > 0) options.batch(command)
    else onTask(run)()
  }

  useShortcuts([
    entry('t', 'New task', options.add),
    entry('/', 'Search', options.search),
    entry('j', 'Next task', () => pane()?.move(1)),
    entry('k', 'Previous task', () => pane()?.move(-1)),
    entry('o', 'Open the task (or Enter)', onTask(options.commands.open)),
    ...changeShortcuts(options, onTasks),
    entry('Escape', 'Close the task, end the selection', options.escape),
    entry('mod+s', 'Save now', options.save),
    ...selectionShortcuts({
      selection,
      toggle: onTask((task) => {
        selection.toggle(task.id)
        pane()?.focusItem(task.id)
      }),
      extend: (step) => pane()?.move(step, { extend: true }),
    }),
  ])
}

type OnTasks = (command: TaskBatchCommand, run: (task: TaskSummary) => unknown) => () => void

function changeShortcuts({ commands, selection, inTrash, onBoard }: Options, onTasks: OnTasks): Shortcut[] {
  const notInTrash = () => !inTrash()
  /** On the board the space bar picks a card up, unless tasks are selected. */
  const spaceCompletes = (event: KeyboardEvent) =>
    notInTrash() && notOnControl(event) && (!onBoard() || selection.count.value > 0)
  const priority = (value: number, label: string) =>
    entry(
      String(value),
      label,
      onTasks({ priority: value }, (task) => commands.priority(task, value)),
      notInTrash,
    )

  return [
    entry(' ', 'Complete or reopen; on the board: pick up', onTasks('done', commands.done), spaceCompletes),
    ...[...PRIORITIES].reverse().map(({ value }) => priority(value, value ? `Priority ${value}` : 'No priority')),
    entry('d', 'Due date', onTasks('due', commands.due), notInTrash),
    entry('m', 'Move to a list', onTasks('move', commands.move), notInTrash),
    entry('l', 'Add tags', onTasks('tag', commands.tag), notInTrash),
    entry('#', 'Move to the trash', onTasks('delete', commands.trash), notInTrash),
    entry('r', 'Restore from the trash', onTasks('restore', commands.restore), inTrash),
  ]
}
