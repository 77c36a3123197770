// The API keys of the account. The secret of a new key is only returned by `create`.
import type { NewApiKey } from '@/api/types'
import { createApiKey, listApiKeys, removeApiKey } from './api'
import { useRemovableList } from './useRemovableList'

export function useApiKeys() {
  const keys = useRemovableList({ list: listApiKeys, remove: removeApiKey })

  async function create(request: NewApiKey): Promise<string> {
    const { key, ...listed } = await createApiKey(request)
    keys.items.value = [listed, ...keys.items.value]
    return key
  }

  return { ...keys, create }
}
