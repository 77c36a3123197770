// Keyboard and pointer operation of the items of a list or grid: moving the focus, and selecting ranges with Shift.
import { nextTick, ref, type Ref } from 'vue'
import type { Selection } from './useSelection'

interface Options<T extends { id: string }> {
  items: Readonly<Ref<readonly T[]>>
  selection: Selection<T>
  /** The focusable element of an item. */
  element: (id: string) => HTMLElement | null | undefined
  /** The open item: the start while no item is active. */
  openId?: () => string
  /** Items in a row: one in a list. */
  columns?: () => number
}

export function useRowKeys<T extends { id: string }>({
  items,
  selection,
  element,
  openId = () => '',
  columns = () => 1,
}: Options<T>) {
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
      selection.startRange(items.value[Math.max(from, 0)]!.id)
      selection.extendRange(next.id)
    }
    active.value = next.id
    element(next.id)?.focus()
    element(next.id)?.scrollIntoView({ block: 'nearest' })
  }

  function choose(id: string, range: boolean) {
    active.value = id
    if (range && (selection.ids.value.size > 0 || openId())) {
      if (selection.ids.value.size === 0) selection.startRange(openId())
      selection.extendRange(id)
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

/** In selection mode a click selects and Enter opens. A click with Shift always selects a range. */
export function clickSelects(event: MouseEvent, selecting: boolean): boolean {
  const byKeyboard = event.detail === 0
  if (event.ctrlKey || event.metaKey || (byKeyboard && !event.shiftKey)) return false
  return selecting || event.shiftKey
}

/** The browser toggles a checkbox on every click; this sets it to the real state, which may differ after a range. */
export async function syncCheckbox(event: MouseEvent, isChecked: () => boolean) {
  await nextTick()
  if (event.target instanceof HTMLInputElement) event.target.checked = isChecked()
}
