// Selection of items of a list: single ones, ranges, all of them.
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { announce } from './announce'

interface Item {
  id: string
}

export function useSelection<T extends Item>(items: Readonly<Ref<readonly T[]>>) {
  const ids: Ref<ReadonlySet<string>> = shallowRef(new Set<string>())
  /** Selection mode: checkboxes are shown, even if nothing is selected. */
  const selecting = ref(false)
  /** Start of the next range. */
  let anchor = ''
  /** The items of the last range: extending it again may also make it shorter. */
  let range: string[] = []

  function set(next: ReadonlySet<string>) {
    ids.value = next
    if (next.size > 0) selecting.value = true
    if (selecting.value) announce(next.size === 0 ? 'None selected' : `${next.size} selected`)
  }

  function toggle(id: string) {
    const next = new Set(ids.value)
    if (!next.delete(id)) next.add(id)
    anchor = id
    range = []
    set(next)
  }

  /** Selects from the anchor to this item, both included. */
  function extendRange(to: string) {
    const order = items.value.map((item) => item.id)
    const end = order.indexOf(to)
    if (end < 0) return
    const start = order.includes(anchor) ? order.indexOf(anchor) : end
    anchor = order[start]!
    const next = new Set(ids.value)
    for (const id of range) next.delete(id)
    range = order.slice(Math.min(start, end), Math.max(start, end) + 1)
    for (const id of range) next.add(id)
    set(next)
  }

  /** Sets the anchor unless a range is in progress. */
  function startRange(id: string) {
    if (range.length > 0 && items.value.some((item) => item.id === anchor)) return
    anchor = id
  }

  function all() {
    range = []
    set(new Set(items.value.map((item) => item.id)))
  }

  function clear() {
    selecting.value = false
    anchor = ''
    range = []
    ids.value = new Set()
  }

  watch(items, (now) => removeMissing(now, ids), { flush: 'sync' })

  return {
    ids,
    selecting,
    count: computed(() => ids.value.size),
    /** In the order of the list. */
    selected: computed(() => items.value.filter((item) => ids.value.has(item.id))),
    toggle,
    extendRange,
    startRange,
    all,
    clear,
  }
}

/** Items that left the list are not selected any more. */
function removeMissing(items: readonly Item[], ids: Ref<ReadonlySet<string>>) {
  if (ids.value.size === 0) return
  const present = new Set(items.map((item) => item.id))
  const left = [...ids.value].filter((id) => present.has(id))
  if (left.length !== ids.value.size) ids.value = new Set(left)
}

export type Selection<T extends Item> = ReturnType<typeof useSelection<T>>
