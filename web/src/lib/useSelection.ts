// Owns which entries of a list are chosen: one by one, as a range, all of them. Refuses entries that are
// no longer in the list.
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { announce } from './announce'

interface Entry {
  id: string
}

export function useSelection<T extends Entry>(items: Readonly<Ref<readonly T[]>>) {
  const ids: Ref<ReadonlySet<string>> = shallowRef(new Set<string>())
  /** Boxes are shown, also while nothing is chosen yet. */
  const choosing = ref(false)
  /** Where a range begins. */
  let anchor = ''
  /** What the last range added, so that the next one can be shorter. */
  let stretch: string[] = []

  function set(next: ReadonlySet<string>) {
    ids.value = next
    if (next.size > 0) choosing.value = true
    if (choosing.value) announce(next.size === 0 ? 'None selected' : `${next.size} selected`)
  }

  function toggle(id: string) {
    const next = new Set(ids.value)
    if (!next.delete(id)) next.add(id)
    anchor = id
    stretch = []
    set(next)
  }

  /** From where the last choice was made to here, both included. */
  function extend(to: string) {
    const order = items.value.map((item) => item.id)
    const end = order.indexOf(to)
    if (end < 0) return
    const start = order.includes(anchor) ? order.indexOf(anchor) : end
    anchor = order[start]!
    const next = new Set(ids.value)
    for (const id of stretch) next.delete(id)
    stretch = order.slice(Math.min(start, end), Math.max(start, end) + 1)
    for (const id of stretch) next.add(id)
    set(next)
  }

  /** A range by keys begins at the entry one stands on. */
  function begin(id: string) {
    if (stretch.length > 0 && items.value.some((item) => item.id === anchor)) return
    anchor = id
  }

  function all() {
    stretch = []
    set(new Set(items.value.map((item) => item.id)))
  }

  function clear() {
    choosing.value = false
    anchor = ''
    stretch = []
    ids.value = new Set()
  }

  forgetGone(items, ids)

  return {
    ids,
    choosing,
    count: computed(() => ids.value.size),
    /** In the order of the list. */
    chosen: computed(() => items.value.filter((item) => ids.value.has(item.id))),
    toggle,
    extend,
    begin,
    all,
    clear,
  }
}

/** What left the list is no longer chosen, in the same moment. */
function forgetGone(items: Readonly<Ref<readonly Entry[]>>, ids: Ref<ReadonlySet<string>>) {
  const forget = (now: readonly Entry[]) => {
    if (ids.value.size === 0) return
    const there = new Set(now.map((item) => item.id))
    const left = [...ids.value].filter((id) => there.has(id))
    if (left.length !== ids.value.size) ids.value = new Set(left)
  }
  watch(items, forget, { flush: 'sync' })
}

export type Selection<T extends Entry> = ReturnType<typeof useSelection<T>>
