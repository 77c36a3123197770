// Abort signals of requests of which only the newest counts.
import { tryOnScopeDispose } from '@vueuse/core'

/** Each call aborts the signal before it; the end of the scope aborts the last one. */
export function useLatestRequest(): () => AbortSignal {
  let controller: AbortController | undefined
  tryOnScopeDispose(() => controller?.abort())
  return () => {
    controller?.abort()
    controller = new AbortController()
    return controller.signal
  }
}
