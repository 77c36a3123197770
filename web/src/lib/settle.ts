// Owns doing something once after many causes: when it has been quiet for a moment, or at the latest
// after a longer one. Refuses arguments: what is done looks for itself.

export function settle(work: () => void, quietMs: number, longestMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let since = 0

  function run() {
    timer = undefined
    work()
  }

  return {
    /** One more cause. */
    ask() {
      const now = Date.now()
      if (timer === undefined) since = now
      clearTimeout(timer)
      timer = setTimeout(run, Math.max(0, Math.min(quietMs, since + longestMs - now)))
    },
    cancel() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
