// Owns the list of API keys and making one. Refuses to keep the key itself: whoever made it shows it once.
import type { NewApiKey } from '@/api/types'
import { createApiKey, listApiKeys, removeApiKey } from './api'
import { useRemovableList } from './useRemovableList'

export function useApiKeys() {
  const keys = useRemovableList({ list: listApiKeys, remove: removeApiKey })

  async function create(wanted: NewApiKey): Promise<string> {
    const { key, ...kept } = await createApiKey(wanted)
    keys.items.value = [kept, ...keys.items.value]
    return key
  }

  return { ...keys, create }
}
