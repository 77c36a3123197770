// Owns which changes of tasks are on their way: they go to the server in the order in which they were made, and
// no answer that is older than one of them is shown. Refuses to know what a change is.

let pending = 0
let epoch = 0
let waiting: (() => void)[] = []
let last: Promise<unknown> = Promise.resolve()

/** Runs one change, after those that were made before it; reads wait for it. */
export async function underway<T>(work: () => Promise<T>): Promise<T> {
  pending += 1
  epoch += 1
  const mine = last.then(work)
  last = mine.catch(() => {})
  try {
    return await mine
  } finally {
    pending -= 1
    epoch += 1
    if (pending === 0) {
      const woken = waiting
      waiting = []
      woken.forEach((wake) => wake())
    }
  }
}

const idle = () => (pending === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve)))

/** Asks, and asks again where something was changed meanwhile. */
export async function current<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    await idle()
    signal.throwIfAborted()
    const asked = epoch
    const answer = await read()
    if (asked === epoch) return answer
  }
}
