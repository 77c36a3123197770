// Owns moving through the entries of a list or a grid by keys: where one stands, where an arrow leads, ranges with
// Shift, and which click chooses. Refuses to open anything.
import { nextTick, ref, type Ref } from 'vue'
import type { Selection } from './useSelection'

interface Rows<T extends { id: string }> {
  items: Readonly<Ref<readonly T[]>>
  selection: Selection<T>
  /** The element of an entry that takes the focus. */
  element: (id: string) => HTMLElement | null | undefined
  /** Where one stands before a key was pressed: the open entry. */
  openId?: () => string
  /** How many stand side by side; one in a list. */
  columns?: () => number
}

export function useRowKeys<T extends { id: string }>({
  items,
  selection,
  element,
  openId = () => '',
  columns = () => 1,
}: Rows<T>) {
  const active = ref('')

  function focusItem(id: string | undefined) {
    void nextTick(() => (id ? element(id)?.focus() : undefined))
  }

  function move(step: number, options: { extend?: boolean } = {}) {
    const current = items.value.findIndex((item) => item.id === (active.value || openId()))
    const from = current === -1 && step < 0 ? items.value.length : current
    const next = items.value[Math.min(Math.max(from + step, 0), items.value.length - 1)]
    if (!next) return
    if (options.extend) {
      selection.begin(items.value[Math.max(from, 0)]!.id)
      selection.extend(next.id)
    }
    active.value = next.id
    element(next.id)?.focus()
    element(next.id)?.scrollIntoView({ block: 'nearest' })
  }

  function choose(id: string, range: boolean) {
    active.value = id
    if (range && (selection.ids.value.size > 0 || openId())) {
      if (selection.ids.value.size === 0) selection.begin(openId())
      selection.extend(id)
    } else selection.toggle(id)
  }

  function key(event: KeyboardEvent) {
    if (event.altKey || event.isComposing) return
    const mod = event.ctrlKey || event.metaKey
    const step = stepOf(event.key, columns(), items.value.length)
    if (mod && event.key.toLowerCase() === 'a') selection.all()
    else if (step && !mod) move(step, { extend: event.shiftKey })
    else return
    event.preventDefault()
  }

  return { active, focusItem, move, choose, key }
}

function stepOf(key: string, columns: number, count: number): number | undefined {
  const steps = new Map([
    ['ArrowDown', columns],
    ['ArrowUp', -columns],
    ['Home', -count],
    ['End', count],
  ])
  if (columns > 1) steps.set('ArrowRight', 1).set('ArrowLeft', -1)
  return steps.get(key)
}

/** While choosing, a click chooses and Enter opens; with Shift, a click chooses a range at any time. */
export function clickChooses(event: MouseEvent, choosing: boolean): boolean {
  const byKey = event.detail === 0
  if (event.ctrlKey || event.metaKey || (byKey && !event.shiftKey)) return false
  return choosing || event.shiftKey
}

/** The browser ticks a box by itself; what counts is what is chosen, also after a range. */
export async function keepTicked(event: MouseEvent, chosen: () => boolean) {
  await nextTick()
  if (event.target instanceof HTMLInputElement) event.target.checked = chosen()
}
