// The task lists and saved views of the account. `listActions.ts` changes them.
import { computed } from 'vue'
import { accountList } from '@/features/accounts/accountLists'
import { listLists, listViews } from './api'
import type { TaskList } from './types'

export const lists = accountList(listLists)
export const views = accountList(listViews)

const byName = (a: { name: string }, b: { name: string }) =>
  a.name.localeCompare(b.name, undefined, { sensitivity: 'base', numeric: true })

export function useLists() {
  lists.ensure()
  const sorted = computed<TaskList[]>(() => [...lists.items.value].sort(byName))
  const byId = computed(() => new Map(lists.items.value.map((list) => [list.id, list])))
  const nameOf = (id: string | null | undefined) => (id ? (byId.value.get(id)?.name ?? 'List') : 'Inbox')
  return { ...lists, sorted, byId, nameOf }
}

export function useViews() {
  views.ensure()
  const sorted = computed(() => views.items.value.filter((view) => view.kind === 'tasks').sort(byName))
  return { ...views, sorted, byId: computed(() => new Map(views.items.value.map((view) => [view.id, view]))) }
}
