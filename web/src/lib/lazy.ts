// Owns parts of the page that are fetched when they are needed: tried again on a bad line, and
// replaced by a sentence when it does not work out. Refuses routes: the router has its own way.
import { defineAsyncComponent, type Component } from 'vue'
import LoadFailed from '@/components/LoadFailed.vue'

const TRIES = 3
const PAUSE_MS = 800

export function lazy<T extends Component>(loader: () => Promise<{ default: T }>, loadingComponent?: Component): T {
  return defineAsyncComponent({
    loader,
    errorComponent: LoadFailed,
    delay: 0,
    ...(loadingComponent ? { loadingComponent } : {}),
    onError(_, retry, fail, attempts) {
      if (attempts < TRIES) setTimeout(retry, PAUSE_MS * attempts)
      else fail()
    },
  }) as unknown as T
}
