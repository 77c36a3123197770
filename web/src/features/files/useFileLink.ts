// A temporary link to a file, renewed when it has expired.
import { onScopeDispose, ref } from 'vue'
import { describeError } from '@/api/errors'
import { createLink } from './api'

export function useFileLink(id: string) {
  const url = ref('')
  const error = ref('')
  let expires = 0
  let disposed = false
  onScopeDispose(() => (disposed = true))

  async function renew() {
    error.value = ''
    try {
      const link = await createLink(id)
      if (disposed) return
      expires = Date.parse(link.expires_at)
      url.value = link.url
    } catch (failure) {
      error.value = describeError(failure)
    }
  }

  /** After a failed load: renews an expired link, otherwise shows the message. Resolves to true if it was renewed. */
  async function failed(message: string): Promise<boolean> {
    const expired = Date.now() > expires - 1000
    if (expired) await renew()
    else error.value = message
    return expired && !error.value
  }

  void renew()
  return { url, error, renew, failed }
}
