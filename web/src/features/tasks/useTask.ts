// Owns one open task: its words as useText has them, and beside them what is chosen about it, which neither waits for
// the words to be saved nor for a conflict of them to be settled. Refuses to send what is chosen: see useTaskActions.
import { computed, ref, shallowRef, watch } from 'vue'
import { useText, type TextEvents } from '@/features/editor/useText'
import { readTask } from './api'
import { TASK } from './resource'
import type { Task, TaskFields } from './types'

/** Resolves when it was sent, or refused; what comes of it is told to `accept`. */
type Change = (task: Task, fields: TaskFields) => Promise<boolean>

export function useTask(id: string, change: Change, events: TextEvents<Task>) {
  const { entity, ...text } = useText(TASK, id, false, events)
  /** What was told past the words: with some of them under way these do not take it. */
  const heard = shallowRef<Task | null>(null)
  const newest = computed(() =>
    heard.value && heard.value.version > (entity.value?.version ?? 0) ? heard.value : entity.value,
  )
  /** Shown until the server has answered. */
  const ahead = ref<TaskFields>({})
  let pending = 0
  /** Nothing while only the words are known, which this browser kept. */
  const task = computed<Task | null>(() => newest.value && { ...newest.value, ...ahead.value })

  watch(
    text.loading,
    async (loading) => {
      if (loading || entity.value || text.error.value) return
      // Without an answer the words have to do; their save brings the rest.
      heard.value = await readTask(id).catch(() => heard.value)
    },
    { immediate: true },
  )

  function accept(changed: Task) {
    heard.value = changed
    text.accept(changed)
  }

  /** Text still under way goes first: what is chosen then stands on the version it has made. */
  async function set(fields: TaskFields) {
    ahead.value = { ...ahead.value, ...fields }
    pending += 1
    await text.flush()
    if (newest.value) await change(newest.value, fields)
    pending -= 1
    // One that is still on its way must not seem to be taken back.
    if (pending === 0) ahead.value = {}
  }

  return { ...text, task, accept, set }
}
