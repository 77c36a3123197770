// Owns the short messages that come and go, and the one action each may offer. Refuses errors that
// need an answer: those are notices or dialogs.
import { ref } from 'vue'

export interface Toast {
  id: number
  message: string
  tone: 'plain' | 'danger'
  action?: { label: string; run: () => void | Promise<void> }
}

const LIFE_MS = 8000
const MOST = 3
let lastId = 0
let paused = false
const timers = new Map<number, ReturnType<typeof setTimeout>>()
export const toasts = ref<Toast[]>([])

export function showToast(message: string, options: { tone?: Toast['tone']; action?: Toast['action'] } = {}): number {
  lastId += 1
  toasts.value = [
    ...toasts.value,
    { id: lastId, message, tone: options.tone ?? 'plain', action: options.action },
  ].slice(-MOST)
  if (!paused) start(lastId)
  return lastId
}

export function closeToast(id: number) {
  clearTimeout(timers.get(id))
  timers.delete(id)
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

export async function runToastAction(toast: Toast) {
  closeToast(toast.id)
  await toast.action?.run()
}

/** While somebody points at or stands in the region, nothing vanishes. */
export function pauseToasts() {
  paused = true
  for (const timer of timers.values()) clearTimeout(timer)
}

export function resumeToasts() {
  paused = false
  for (const toast of toasts.value) start(toast.id)
}

function start(id: number) {
  clearTimeout(timers.get(id))
  timers.set(
    id,
    setTimeout(() => closeToast(id), LIFE_MS),
  )
}
