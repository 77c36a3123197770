// Moves a task with the pointer, by HTML drag and drop: the dragged task, the drop target and the drop. The keyboard
// does the same: `useKeyboardMove.ts` on the board, Alt with an arrow key in lists.
import { ref, shallowRef } from 'vue'

const TYPE = 'application/x-satchel-task'

export interface DropTarget {
  column: string
  /** Among the tasks of the column without the dragged one. */
  index: number
}

export function usePointerMove(dropped: (id: string, target: DropTarget) => void) {
  const dragged = ref('')
  const target = shallowRef<DropTarget | null>(null)

  function start(event: DragEvent, id: string) {
    event.dataTransfer?.setData(TYPE, id)
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
    dragged.value = id
  }

  function end() {
    dragged.value = ''
    target.value = null
  }

  function over(event: DragEvent, column: string) {
    if (!dragged.value || !(event.currentTarget instanceof HTMLElement)) return
    event.preventDefault()
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'move'
    const index = indexAt(event.currentTarget, event.clientY, dragged.value)
    if (target.value?.column !== column || target.value.index !== index) target.value = { column, index }
  }

  function leave(event: DragEvent) {
    const into = event.relatedTarget
    if (event.currentTarget instanceof HTMLElement && into instanceof Node && event.currentTarget.contains(into)) return
    target.value = null
  }

  function drop(event: DragEvent) {
    const [id, to] = [dragged.value, target.value]
    end()
    if (!id || !to) return
    event.preventDefault()
    dropped(id, to)
  }

  /** The CSS classes of the items of a column: the dragged one, and the edge where it would be dropped. */
  function classes(column: string, ids: readonly string[]) {
    const to = target.value?.column === column ? target.value : null
    const others = ids.filter((id) => id !== dragged.value)
    return (id: string) => ({
      dragged: id === dragged.value,
      'drop-before': to !== null && others[to.index] === id,
      'drop-after': to !== null && to.index >= others.length && others.at(-1) === id,
    })
  }

  return { target, start, end, over, leave, drop, classes }
}

/** Above the middle of an item is before it. */
function indexAt(column: HTMLElement, y: number, dragged: string): number {
  const others = [...column.querySelectorAll<HTMLElement>('[data-drop]')].filter(
    (element) => element.dataset.drop !== dragged,
  )
  const below = others.findIndex((element) => {
    const { top, height } = element.getBoundingClientRect()
    return y < top + height / 2
  })
  return below < 0 ? others.length : below
}
