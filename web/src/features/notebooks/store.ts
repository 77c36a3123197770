// The notebooks of the account. `actions.ts` changes them.
import { computed } from 'vue'
import { accountList } from '@/features/accounts/accountLists'
import { listNotebooks } from './api'

export const notebooks = accountList(listNotebooks)

export function useNotebooks() {
  notebooks.ensure()
  const byId = computed(() => new Map(notebooks.items.value.map((notebook) => [notebook.id, notebook])))
  return { ...notebooks, byId }
}
