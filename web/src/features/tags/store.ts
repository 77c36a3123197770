// The tags of the account. `actions.ts` changes them.
import { computed } from 'vue'
import { answer, api } from '@/api/client'
import { accountList } from '@/features/accounts/accountLists'

const PAGE_SIZE = 200

export const tags = accountList((cursor) =>
  answer(api.GET('/api/v1/tags', { params: { query: { limit: PAGE_SIZE, ...(cursor ? { cursor } : {}) } } })),
)

export function useTags() {
  tags.ensure()
  return { ...tags, names: computed(() => tags.items.value.map((tag) => tag.name)) }
}
