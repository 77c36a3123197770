// Owns the notebooks and tags of whoever is signed in: read once, looked at again when they changed
// anywhere, gone when that person is. Refuses to change them: see actions.
import { computed, watch } from 'vue'
import { useSession } from '@/features/accounts/session'
import { onLabelsStale } from '@/features/notes/live'
import { sharedList } from '@/lib/sharedList'
import { forgetUndo } from '@/lib/undo'
import { listNotebooks, listTags } from './api'

export const notebooks = sharedList(listNotebooks)
export const tags = sharedList(listTags)

let leaving = false

onLabelsStale(() => {
  notebooks.refresh()
  tags.refresh()
})
// In the same moment, not after the next redraw: nothing of one person may reach the next one's screen.
watch(
  () => useSession().state.status,
  (status) => {
    leaving = status === 'signed-out'
    if (!leaving) return
    notebooks.forget()
    tags.forget()
    forgetUndo()
  },
  { flush: 'sync' },
)

/** What is drawn once more while its owner is signing out asks for nothing. */
const ensure = (list: { ensure: () => void }) => leaving || list.ensure()

export function useNotebooks() {
  ensure(notebooks)
  const byId = computed(() => new Map(notebooks.items.value.map((notebook) => [notebook.id, notebook])))
  return { ...notebooks, byId }
}

export function useTags() {
  ensure(tags)
  return { ...tags, names: computed(() => tags.items.value.map((tag) => tag.name)) }
}
