// One open task: its text is edited by `useText`; its other fields are saved at once, also while the text is unsaved or
// in conflict.
import { computed, ref, shallowRef, watch } from 'vue'
import { useText, type TextEvents } from '@/features/editor/useText'
import { readTask } from './api'
import { TASK } from './resource'
import type { Task, TaskFields } from './types'

/** Resolves after the answer or an error; the changed task is passed to `accept`. */
type Change = (task: Task, fields: TaskFields) => Promise<boolean>

export function useTask(id: string, change: Change, events: TextEvents<Task>) {
  const { entity, ...text } = useText(TASK, id, false, events)
  /** The latest answer to a change. `useText` ignores it while text is unsaved. */
  const changed = shallowRef<Task | null>(null)
  const newest = computed(() =>
    changed.value && changed.value.version > (entity.value?.version ?? 0) ? changed.value : entity.value,
  )
  /** Changed fields that the server has not confirmed. */
  const unconfirmed = ref<TaskFields>({})
  let pending = 0
  /** Null while only the text is known, from a draft in this browser. */
  const task = computed<Task | null>(() => newest.value && { ...newest.value, ...unconfirmed.value })

  watch(
    text.loading,
    async (loading) => {
      if (loading || entity.value || text.error.value) return
      // The draft is shown without the rest of the task, which this request or the next save loads.
      changed.value = await readTask(id).catch(() => changed.value)
    },
    { immediate: true },
  )

  function accept(task: Task) {
    changed.value = task
    text.accept(task)
  }

  /** Unsaved text is sent first, so that the change is based on the version it creates. */
  async function set(fields: TaskFields) {
    unconfirmed.value = { ...unconfirmed.value, ...fields }
    pending += 1
    await text.flush()
    if (newest.value) await change(newest.value, fields)
    pending -= 1
    // While another change is pending, its field must not revert for a moment.
    if (pending === 0) unconfirmed.value = {}
  }

  return { ...text, task, accept, set }
}
