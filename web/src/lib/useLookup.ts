// Owns looking up at the server what a name means while it is being typed: debounced, the newest question wins, the
// last answer stays until the next one is there. Refuses to know what is looked up.
import { computed, getCurrentScope, onScopeDispose, ref, shallowRef } from 'vue'
import { describeError } from '@/api/errors'
import { announce } from './announce'
import { settle } from './settle'
import { showToast } from './toasts'

const QUIET_MS = 180
const LONGEST_MS = 1000

/** With empty words `ask` answers what is worth offering before anything is typed. */
export function useLookup<T>(ask: (words: string, signal: AbortSignal) => Promise<readonly T[]>) {
  const found = shallowRef<readonly T[]>([])
  const words = ref('')
  /** What `found` answers; nothing before the first answer. */
  const answered = ref<string | null>(null)
  let request: AbortController | undefined

  async function look() {
    request?.abort()
    const mine = (request = new AbortController())
    const asked = words.value
    try {
      const answer = await ask(asked, mine.signal)
      if (mine.signal.aborted) return
      found.value = answer
      answered.value = asked
      if (asked) announce(answer.length === 1 ? 'One match' : `${answer.length} matches`)
    } catch (error) {
      if (!mine.signal.aborted) showToast(describeError(error), { tone: 'danger' })
    }
  }

  const later = settle(() => void look(), QUIET_MS, LONGEST_MS)
  void look()
  if (getCurrentScope())
    onScopeDispose(() => {
      later.cancel()
      request?.abort()
    })

  return {
    found,
    /** What is shown is not yet the answer to what was typed. */
    waiting: computed(() => answered.value !== words.value),
    search(typed: string) {
      words.value = typed
      later.ask()
    },
  }
}
