// Searches the server while the user types: debounced, only the newest request counts, and the last results stay until
// the next ones arrive.
import { tryOnScopeDispose, useDebounceFn } from '@vueuse/core'
import { computed, ref, shallowRef } from 'vue'
import { describeError } from '@/api/errors'
import { announce } from './announce'
import { showToast } from './toasts'
import { useLatestRequest } from './useLatestRequest'

const DEBOUNCE_MS = 180
const MAX_WAIT_MS = 1000

/** An empty query returns what to offer before anything is typed. */
export function useLookup<T>(fetchResults: (query: string, signal: AbortSignal) => Promise<readonly T[]>) {
  const results = shallowRef<readonly T[]>([])
  const query = ref('')
  /** The query that `results` belong to. */
  const answered = ref<string | null>(null)
  const startRequest = useLatestRequest()

  async function load() {
    const signal = startRequest()
    const current = query.value
    try {
      const answer = await fetchResults(current, signal)
      if (signal.aborted) return
      results.value = answer
      answered.value = current
      if (current) announce(answer.length === 1 ? 'One match' : `${answer.length} matches`)
    } catch (error) {
      if (!signal.aborted) showToast(describeError(error), { tone: 'danger' })
    }
  }

  const loadLater = useDebounceFn(load, DEBOUNCE_MS, { maxWait: MAX_WAIT_MS })
  void load()
  tryOnScopeDispose(loadLater.cancel)

  return {
    results,
    /** The results are not yet those of the query. */
    pending: computed(() => answered.value !== query.value),
    search(typed: string) {
      query.value = typed
      void loadLater()
    },
  }
}
