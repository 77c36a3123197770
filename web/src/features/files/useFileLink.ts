// Owns the address under which the browser itself fetches a file, and a new one when the old has run out. Refuses to
// keep it longer than its stage.
import { onScopeDispose, ref } from 'vue'
import { describeError } from '@/api/errors'
import { linkTo } from './api'

export function useFileLink(id: string) {
  const url = ref('')
  const error = ref('')
  let expires = 0
  let gone = false
  onScopeDispose(() => (gone = true))

  async function renew() {
    error.value = ''
    try {
      const link = await linkTo(id)
      if (gone) return
      expires = Date.parse(link.expires_at)
      url.value = link.url
    } catch (failure) {
      error.value = describeError(failure)
    }
  }

  /** What could not be loaded may only have come too late. */
  async function failed(words: string): Promise<boolean> {
    const late = Date.now() > expires - 1000
    if (late) await renew()
    else error.value = words
    return late && !error.value
  }

  void renew()
  return { url, error, renew, failed }
}
