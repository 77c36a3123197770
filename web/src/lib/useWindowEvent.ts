// Owns listening to the window for as long as a component is there. Refuses anything else.
import { onBeforeUnmount, onMounted } from 'vue'

export function useWindowEvent<K extends keyof WindowEventMap>(name: K, listener: (event: WindowEventMap[K]) => void) {
  onMounted(() => window.addEventListener(name, listener))
  onBeforeUnmount(() => window.removeEventListener(name, listener))
}
