// The used storage of the account: read on demand and after files changed.
import { computed, shallowRef, watch } from 'vue'
import type { StorageUse } from '@/api/types'
import { useSession } from '@/features/accounts/session'
import { fileChanges } from '@/changes'
import { readStorageUse } from './api'

/** The share from which the bar warns. */
export const WARNING_SHARE = 0.9
const use = shallowRef<StorageUse | null>(null)
let requested = false
let lastRequest = 0

async function reload() {
  requested = true
  const mine = (lastRequest += 1)
  try {
    const answer = await readStorageUse()
    if (mine === lastRequest) use.value = answer
  } catch {
    // The bar is optional: the server rejects uploads above the quota.
  }
}

fileChanges.onStale(() => requested && void reload())
watch(
  () => useSession().state.status,
  (status) => {
    if (status !== 'signed-out') return
    lastRequest += 1
    requested = false
    use.value = null
  },
  { flush: 'sync' },
)

export function useStorageUse() {
  if (!requested) void reload()
  const share = computed(() =>
    use.value && use.value.quota_bytes > 0 ? Math.min(1, use.value.used_bytes / use.value.quota_bytes) : 0,
  )
  return { use, share, reload }
}
