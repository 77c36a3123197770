// Owns moving a card by keys: picked up, carried by the arrows, dropped or put back, each step said aloud. Refuses
// the pointer, and to tell the server: that comes with the drop.
import { computed, shallowRef, type Ref } from 'vue'
import { announce } from '@/lib/announce'
import { placed } from './position'
import { STATUSES, statusLabel, taskName } from './containers'
import type { TaskStatus, TaskSummary } from './types'

interface Lifted {
  task: TaskSummary
  status: TaskStatus
  index: number
}

export type Columns = Record<TaskStatus, readonly TaskSummary[]>

const ORDER = STATUSES.map((status) => status.value)
const STEPS: Record<string, [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
}

export function useKeyboardMove(
  columns: Readonly<Ref<Columns>>,
  dropped: (task: TaskSummary, status: TaskStatus, index: number) => void,
) {
  const lifted = shallowRef<Lifted | null>(null)

  /** What is shown: the card where it is being carried. */
  const shown = computed<Columns>(() => {
    const held = lifted.value
    if (!held) return columns.value
    const others = Object.fromEntries(
      ORDER.map((status) => [status, columns.value[status].filter((task) => task.id !== held.task.id)]),
    ) as Record<TaskStatus, TaskSummary[]>
    others[held.status] = placed(others[held.status], held.task, held.index)
    return others
  })

  const place = ({ status, index }: Lifted) => `${index + 1} of ${shown.value[status].length} in ${statusLabel(status)}`

  function take(task: TaskSummary) {
    lifted.value = {
      task,
      status: task.status,
      index: columns.value[task.status].findIndex((one) => one.id === task.id),
    }
    announce(`Picked up ${taskName(task)}, ${place(lifted.value)}`)
  }

  function carry([column, row]: [number, number]) {
    const held = lifted.value!
    const status = ORDER[ORDER.indexOf(held.status) + column]
    if (!status) return announce('No more columns')
    const count = shown.value[status].length - (status === held.status ? 1 : 0)
    const index = Math.min(Math.max(held.index + row, 0), count)
    if (status === held.status && index === held.index)
      return announce(row < 0 ? 'Already at the top' : 'Already at the end')
    lifted.value = { ...held, status, index }
    announce(place(lifted.value))
  }

  function drop() {
    const held = lifted.value!
    announce(`Dropped ${taskName(held.task)}, ${place(held)}`)
    lifted.value = null
    dropped(held.task, held.status, held.index)
  }

  function putBack() {
    if (!lifted.value) return
    announce(`${taskName(lifted.value.task)} is back where it was`)
    lifted.value = null
  }

  /** True where the key was meant for this. */
  function key(event: KeyboardEvent, task: TaskSummary): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false
    const space = event.key === ' '
    if (!lifted.value) {
      if (space) take(task)
      return space
    }
    const step = STEPS[event.key]
    if (step) carry(step)
    else if (space || event.key === 'Enter') drop()
    else if (event.key === 'Escape') putBack()
    else return false
    return true
  }

  return { lifted, shown, key, putBack }
}
