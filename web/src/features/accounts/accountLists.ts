// Shared lists of the signed-in account (notebooks, tags, task lists, saved views): read again when a collection changes,
// cleared at sign-out.
import { watch } from 'vue'
import { onCollectionsStale } from '@/changes'
import { sharedList } from '@/lib/sharedList'
import { clearUndo } from '@/lib/undo'
import { useSession } from './session'

const lists = new Set<{ clear: () => void; refresh: () => void }>()
let signedOut = false

onCollectionsStale(() => lists.forEach((list) => list.refresh()))
// Synchronous: the next user of this browser must not see the previous user's lists, not even for one frame.
watch(
  () => useSession().state.status,
  (status) => {
    signedOut = status === 'signed-out'
    if (!signedOut) return
    lists.forEach((list) => list.clear())
    clearUndo()
  },
  { flush: 'sync' },
)

export function accountList<T extends { id: string }>(readPage: Parameters<typeof sharedList<T>>[0]) {
  const list = sharedList<T>(readPage)
  lists.add(list)
  return {
    ...list,
    /** A component that renders once more during sign-out must not request the list. */
    ensure() {
      if (!signedOut) list.ensure()
    },
  }
}
