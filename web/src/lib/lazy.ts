// Components that are loaded when they are first rendered: retried on failure, then replaced by LoadFailed.vue.
// Routes are loaded by the router.
import { defineAsyncComponent, type Component } from 'vue'
import LoadFailed from '@/components/LoadFailed.vue'

const MAX_ATTEMPTS = 3
const RETRY_DELAY_MS = 800

export function lazy<T extends Component>(loader: () => Promise<{ default: T }>, loadingComponent?: Component): T {
  return defineAsyncComponent({
    loader,
    errorComponent: LoadFailed,
    delay: 0,
    ...(loadingComponent ? { loadingComponent } : {}),
    onError(_, retry, fail, attempts) {
      if (attempts < MAX_ATTEMPTS) setTimeout(retry, RETRY_DELAY_MS * attempts)
      else fail()
    },
  }) as unknown as T
}
