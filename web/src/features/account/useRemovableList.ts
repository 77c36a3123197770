// A short, unpaged list of the account (sessions, API keys) whose entries can be removed.
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
  /** The id of the entry that is being removed. */
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

  /** An entry that does not exist any more counts as removed. */
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
