// The tags of the account. `actions.ts` changes them.
import { computed } from 'vue'
import { accountList } from '@/features/accounts/accountLists'
import { listTags } from './api'

export const tags = accountList(listTags)

export function useTags() {
  tags.ensure()
  return { ...tags, names: computed(() => tags.items.value.map((tag) => tag.name)) }
}
