// Queue of toasts: short messages with at most one action. `ToastRegion.vue` shows them and closes them after a time.
import { ref } from 'vue'

export interface Toast {
  id: number
  message: string
  tone: 'plain' | 'danger'
  action?: { label: string; run: () => unknown }
}

const MAX_TOASTS = 3
let lastId = 0
export const toasts = ref<Toast[]>([])

/** Returns the id of the toast. */
export function showToast(message: string, { tone = 'plain', action }: Partial<Toast> = {}): number {
  lastId += 1
  toasts.value = [...toasts.value, { id: lastId, message, tone, action }].slice(-MAX_TOASTS)
  return lastId
}

export function closeToast(id: number) {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}
