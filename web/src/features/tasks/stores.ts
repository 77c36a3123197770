// Owns the lists of tasks and the saved views of whoever is signed in: read once, looked at again when they
// changed anywhere, gone when that person is. Refuses to change them: see listActions.
import { computed, watch } from 'vue'
import { useSession } from '@/features/accounts/session'
import { onLabelsStale } from '@/features/notes/live'
import { sharedList } from '@/lib/sharedList'
import { listLists, listViews } from './api'
import type { TaskList } from './wire'

export const lists = sharedList(listLists)
export const views = sharedList(listViews)
let leaving = false

onLabelsStale(() => {
  lists.refresh()
  views.refresh()
})
// In the same moment, not after the next redraw: nothing of one person may reach the next one's screen.
watch(
  () => useSession().state.status,
  (status) => {
    leaving = status === 'signed-out'
    if (!leaving) return
    lists.forget()
    views.forget()
  },
  { flush: 'sync' },
)

const ensure = (list: { ensure: () => void }) => leaving || list.ensure()

const byName = (a: { name: string }, b: { name: string }) =>
  a.name.localeCompare(b.name, undefined, { sensitivity: 'base', numeric: true })

export function useLists() {
  ensure(lists)
  const sorted = computed<TaskList[]>(() => [...lists.items.value].sort(byName))
  const byId = computed(() => new Map(lists.items.value.map((list) => [list.id, list])))
  const nameOf = (id: string | null | undefined) => (id ? (byId.value.get(id)?.name ?? 'List') : 'Inbox')
  return { ...lists, sorted, byId, nameOf }
}

export function useViews() {
  ensure(views)
  const sorted = computed(() => views.items.value.filter((view) => view.kind === 'tasks').sort(byName))
  return { ...views, sorted, byId: computed(() => new Map(views.items.value.map((view) => [view.id, view]))) }
}
