// A complete list that several components show: read when the first one asks for it, kept until the session ends.
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
  let lastRequest = 0
  let requested = false

  async function reload() {
    requested = true
    const request = (lastRequest += 1)
    const isLatest = () => request === lastRequest
    try {
      const all = await readAll(isLatest)
      if (!isLatest()) return
      items.value = all
      loaded.value = true
      error.value = ''
    } catch (failure) {
      if (isLatest()) error.value = describeError(failure)
    }
  }

  async function readAll(goOn: () => boolean): Promise<T[]> {
    const all: T[] = []
    let cursor: string | undefined
    do {
      const page = await readPage(cursor)
      all.push(...page.items)
      cursor = page.next_cursor ?? undefined
    } while (cursor && goOn())
    return all
  }

  return {
    items,
    loaded,
    error,
    reload,
    /** Reads the list unless it was requested before. */
    ensure() {
      if (!requested) void reload()
    },
    /** Reads the list again if it was requested before. */
    refresh() {
      if (requested) void reload()
    },
    upsert(item: T) {
      items.value = [...items.value.filter((other) => other.id !== item.id), item]
    },
    /** For the end of a session: the next account must not see this list. */
    clear() {
      lastRequest += 1
      requested = false
      items.value = []
      loaded.value = false
      error.value = ''
    },
  }
}
