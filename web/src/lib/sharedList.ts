// Owns one list that several parts of the page show at once: read when the first one asks, kept while
// somebody is signed in. Refuses pages: it reads all of them.
import { ref, shallowRef } from 'vue'
import { describeError } from '@/api/errors'

interface Page<T> {
  items: T[]
  next_cursor?: string | null | undefined
}

export function sharedList<T extends { id: string }>(readPage: (cursor: string | undefined) => Promise<Page<T>>) {
  const items = shallowRef<T[]>([])
  const loaded = ref(false)
  const error = ref('')
  let turn = 0
  let asked = false

  async function reload() {
    asked = true
    const mine = (turn += 1)
    try {
      const all = await readAll(() => mine === turn)
      if (mine !== turn) return
      items.value = all
      loaded.value = true
      error.value = ''
    } catch (failure) {
      if (mine === turn) error.value = describeError(failure)
    }
  }

  async function readAll(wanted: () => boolean): Promise<T[]> {
    const all: T[] = []
    let cursor: string | undefined
    do {
      const page = await readPage(cursor)
      all.push(...page.items)
      cursor = page.next_cursor ?? undefined
    } while (cursor && wanted())
    return all
  }

  return {
    items,
    loaded,
    error,
    reload,
    /** Reads the list unless that was asked for before. */
    ensure() {
      if (!asked) void reload()
    },
    /** Only where somebody looks at it. */
    refresh() {
      if (asked) void reload()
    },
    put(item: T) {
      items.value = [...items.value.filter((other) => other.id !== item.id), item]
    },
    /** Another person's list must not be seen, not even for a moment. */
    forget() {
      turn += 1
      asked = false
      items.value = []
      loaded.value = false
      error.value = ''
    },
  }
}
