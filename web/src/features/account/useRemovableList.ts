// Owns one short list of the account (sign-ins, API keys): loading it, and taking an entry away.
// Refuses pages: these lists have one.
import { onScopeDispose, ref, shallowRef } from 'vue'
import { ApiError, describeError, isAborted } from '@/api/errors'

interface Source<T> {
  list: (signal: AbortSignal) => Promise<{ items: T[] }>
  remove: (id: string) => Promise<unknown>
}

export function useRemovableList<T extends { id: string }>(source: Source<T>) {
  const items = shallowRef<T[]>([])
  const loaded = ref(false)
  const error = ref('')
  /** The entry that is being taken away. */
  const removing = ref('')
  let request: AbortController | undefined

  async function reload() {
    request?.abort()
    const mine = (request = new AbortController())
    error.value = ''
    try {
      const page = await source.list(mine.signal)
      if (mine.signal.aborted) return
      items.value = page.items
      loaded.value = true
    } catch (failure) {
      if (isAborted(failure) || mine.signal.aborted) return
      error.value = describeError(failure)
    }
  }

  /** Gone already counts as taken away. */
  async function remove(id: string) {
    if (removing.value) return
    removing.value = id
    try {
      await source.remove(id)
    } catch (failure) {
      if (!(failure instanceof ApiError) || failure.status !== 404) throw failure
    } finally {
      removing.value = ''
    }
    items.value = items.value.filter((item) => item.id !== id)
  }

  void reload()
  onScopeDispose(() => request?.abort())

  return { items, loaded, error, removing, reload, remove }
}
