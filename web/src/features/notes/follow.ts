// Owns listening to the server for as long as somebody is signed in. Refuses to decide what a change
// is worth: live does.
import { watch } from 'vue'
import { followChanges } from '@/api/events'
import { useSession } from '@/features/accounts/session'
import { everythingTouched, takeChange, takeReset } from './live'

/** Call it once; the returned function ends it. */
export function follow(): () => void {
  const { state } = useSession()
  let stop: (() => void) | undefined
  let before = ''

  const unwatch = watch(
    () => (state.status === 'signed-in' ? (state.user?.id ?? '') : ''),
    (owner) => {
      stop?.()
      stop = undefined
      if (!owner) return
      // Signed in again on the same page: what happened in between nobody has told.
      if (before === owner) takeReset()
      before = owner
      stop = followChanges(owner, (news) => {
        if (news.type === 'change') takeChange(news.change)
        else if (news.type === 'reset') takeReset()
        // What was read before the line was open may have changed while it was being opened.
        else everythingTouched()
      })
    },
    { immediate: true },
  )
  return () => {
    unwatch()
    stop?.()
  }
}
