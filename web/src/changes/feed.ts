// Connects the change buses to the server's change stream while a user is signed in. `api/events.ts` has the stream.
import { watch } from 'vue'
import { subscribeToChanges } from '@/api/events'
import { applyChange, refreshAll, resetAll } from './index'

/** `userId` is empty while nobody is signed in. Call it once; the returned function stops the feed. */
export function startChangeFeed(userId: () => string): () => void {
  let stop: (() => void) | undefined
  let previous = ''

  const unwatch = watch(
    userId,
    (user) => {
      stop?.()
      stop = undefined
      if (!user) return
      // The session expired and the same user signed in again: changes in between were not received.
      if (previous === user) resetAll()
      previous = user
      stop = subscribeToChanges(user, (message) => {
        if (message.type === 'change') applyChange(message.change)
        else if (message.type === 'reset') resetAll()
        // Lists that were read before the stream was open may miss changes made while it was opening.
        else refreshAll()
      })
    },
    { immediate: true },
  )
  return () => {
    unwatch()
    stop?.()
  }
}
