// Moves a card of the board with the keyboard: Space picks it up, arrow keys move it, Space or Enter drops it, Escape
// cancels. Every step is announced; nothing is sent before the drop.
import { computed, shallowRef, type Ref } from 'vue'
import { announce } from '@/lib/announce'
import { STATUSES, statusLabel } from './options'
import { insertAt } from './position'
import { taskName } from './taskName'
import type { TaskStatus, TaskSummary } from './types'

interface CardPosition {
  status: TaskStatus
  index: number
}
interface Move extends CardPosition {
  task: TaskSummary
}
/** Columns to the right, rows down. */
type Step = readonly [column: number, row: number]

export type Columns = Record<TaskStatus, readonly TaskSummary[]>

const ORDER = STATUSES.map((status) => status.value)
const STEPS: Record<string, Step> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
}

export function useKeyboardMove(
  columns: Readonly<Ref<Columns>>,
  dropped: (task: TaskSummary, status: TaskStatus, index: number) => void,
) {
  const move = shallowRef<Move | null>(null)
  /** With the card at the position where a drop would put it. */
  const displayed = computed<Columns>(() => (move.value ? withCard(columns.value, move.value) : columns.value))

  const describe = ({ status, index }: CardPosition) =>
    `${index + 1} of ${displayed.value[status].length} in ${statusLabel(status)}`

  function pickUp(task: TaskSummary) {
    const index = columns.value[task.status].findIndex((other) => other.id === task.id)
    move.value = { task, status: task.status, index }
    announce(`Picked up ${taskName(task)}, ${describe(move.value)}`)
  }

  function moveBy(step: Step) {
    const target = stepFrom(move.value!, step, displayed.value)
    if (typeof target === 'string') return announce(target)
    move.value = { ...move.value!, ...target }
    announce(describe(target))
  }

  function drop() {
    const { task, status, index } = move.value!
    announce(`Dropped ${taskName(task)}, ${describe(move.value!)}`)
    move.value = null
    dropped(task, status, index)
  }

  function cancel() {
    if (!move.value) return
    announce(`Cancelled moving ${taskName(move.value.task)}`)
    move.value = null
  }

  /** True if the key was handled. */
  function key(event: KeyboardEvent, task: TaskSummary): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false
    const space = event.key === ' '
    if (!move.value) {
      if (space) pickUp(task)
      return space
    }
    const step = STEPS[event.key]
    if (step) moveBy(step)
    else if (space || event.key === 'Enter') drop()
    else if (event.key === 'Escape') cancel()
    else return false
    return true
  }

  return { movingId: computed(() => move.value?.task.id), displayed, key, cancel }
}

function withCard(columns: Columns, { task, status, index }: Move): Columns {
  const others = Object.fromEntries(
    ORDER.map((name) => [name, columns[name].filter((other) => other.id !== task.id)]),
  ) as Record<TaskStatus, TaskSummary[]>
  others[status] = insertAt(others[status], task, index)
  return others
}

/** The next position, or the reason why there is none. */
function stepFrom(from: CardPosition, [column, row]: Step, columns: Columns): CardPosition | string {
  const status = ORDER[ORDER.indexOf(from.status) + column]
  if (!status) return 'No more columns'
  const others = columns[status].length - (status === from.status ? 1 : 0)
  const index = Math.min(Math.max(from.index + row, 0), others)
  if (status === from.status && index === from.index) return row < 0 ? 'Already at the top' : 'Already at the end'
  return { status, index }
}
