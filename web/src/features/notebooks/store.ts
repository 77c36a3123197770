// The notebooks of the account. `actions.ts` changes them.
import { computed } from 'vue'
import { answer, api } from '@/api/client'
import { accountList } from '@/features/accounts/accountLists'

const PAGE_SIZE = 200

export const notebooks = accountList((cursor) =>
  answer(api.GET('/api/v1/notebooks', { params: { query: { limit: PAGE_SIZE, ...(cursor ? { cursor } : {}) } } })),
)

export function useNotebooks() {
  notebooks.ensure()
  const byId = computed(() => new Map(notebooks.items.value.map((notebook) => [notebook.id, notebook])))
  return { ...notebooks, byId }
}
