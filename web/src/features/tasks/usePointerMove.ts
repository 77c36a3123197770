// Owns dragging a task with the pointer: what is dragged, before which task it would come to stand, and the drop.
// Refuses to move it: whoever shows the columns does. The keys for the same are the list's and the board's.
import { ref, shallowRef } from 'vue'

const TYPE = 'application/x-satchel-task'

export interface DropSpot {
  column: string
  /** The dragged one not counted. */
  index: number
}

export function usePointerMove(dropped: (id: string, spot: DropSpot) => void) {
  const dragged = ref('')
  const over = shallowRef<DropSpot | null>(null)

  function start(event: DragEvent, id: string) {
    event.dataTransfer?.setData(TYPE, id)
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
    dragged.value = id
  }

  function end() {
    dragged.value = ''
    over.value = null
  }

  function hover(event: DragEvent, column: string) {
    if (!dragged.value || !(event.currentTarget instanceof HTMLElement)) return
    event.preventDefault()
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'move'
    const index = indexAt(event.currentTarget, event.clientY, dragged.value)
    if (over.value?.column !== column || over.value.index !== index) over.value = { column, index }
  }

  function leave(event: DragEvent) {
    const into = event.relatedTarget
    if (event.currentTarget instanceof HTMLElement && into instanceof Node && event.currentTarget.contains(into)) return
    over.value = null
  }

  function drop(event: DragEvent) {
    const [id, spot] = [dragged.value, over.value]
    end()
    if (!id || !spot) return
    event.preventDefault()
    dropped(id, spot)
  }

  /** What the entries of a column look like while something hovers over them. */
  function looks(column: string, ids: readonly string[]) {
    const spot = over.value?.column === column ? over.value : null
    const others = ids.filter((id) => id !== dragged.value)
    return (id: string) => ({
      dragged: id === dragged.value,
      'drop-before': spot !== null && others[spot.index] === id,
      'drop-after': spot !== null && spot.index >= others.length && others.at(-1) === id,
    })
  }

  return { dragged, over, start, end, hover, leave, drop, looks }
}

/** Above the middle of an entry is before it. */
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
