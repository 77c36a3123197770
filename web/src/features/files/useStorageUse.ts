// Owns how much room the files of whoever is signed in take: read when somebody looks, again when files changed.
// Refuses to guess: without an answer there is no number.
import { computed, shallowRef, watch } from 'vue'
import type { StorageUse } from '@/api/types'
import { useSession } from '@/features/accounts/session'
import { fileChanges } from '@/changes'
import { readStorageUse } from './api'

/** From here on the bar warns. */
export const NEARLY_FULL = 0.9
const use = shallowRef<StorageUse | null>(null)
let asked = false
let turn = 0

async function reload() {
  asked = true
  const mine = (turn += 1)
  try {
    const read = await readStorageUse()
    if (mine === turn) use.value = read
  } catch {
    // The bar is a courtesy: uploads are told by the server when there is no room.
  }
}

fileChanges.onStale(() => asked && void reload())
watch(
  () => useSession().state.status,
  (status) => {
    if (status !== 'signed-out') return
    turn += 1
    asked = false
    use.value = null
  },
  { flush: 'sync' },
)

export function useStorageUse() {
  if (!asked) void reload()
  const part = computed(() =>
    use.value && use.value.quota_bytes > 0 ? Math.min(1, use.value.used_bytes / use.value.quota_bytes) : 0,
  )
  return { use, part, reload }
}
