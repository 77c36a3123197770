// Owns small facts about the browser window as reactive values: title, width, connection. Refuses
// anything about a feature.
import { onScopeDispose, readonly, ref, watchEffect } from 'vue'

export function useDocumentTitle(title: () => string) {
  watchEffect(() => {
    document.title = `${title()} · Satchel`
  })
}

export function useMedia(query: string) {
  const list = window.matchMedia(query)
  const matches = ref(list.matches)
  const update = () => (matches.value = list.matches)
  list.addEventListener('change', update)
  onScopeDispose(() => list.removeEventListener('change', update))
  return readonly(matches)
}

const TICK_MS = 30_000
const now = ref(new Date())
setInterval(() => (now.value = new Date()), TICK_MS)

/** The time as far as "4 min ago" needs it. */
export const useNow = () => readonly(now)

const online = ref(navigator.onLine)
window.addEventListener('online', () => (online.value = true))
window.addEventListener('offline', () => (online.value = false))

export const useOnline = () => readonly(online)
