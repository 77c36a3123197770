// Document title and current time as shared reactive values.
import { createSharedComposable, useNow as useClock } from '@vueuse/core'
import { watchEffect } from 'vue'

const TICK_MS = 30_000

export function useDocumentTitle(title: () => string) {
  watchEffect(() => {
    document.title = `${title()} · Satchel`
  })
}

/** The current time, precise enough for "4 min ago". One timer for all users. */
export const useNow = createSharedComposable(() => useClock({ interval: TICK_MS }))
