// Owns which changes of tasks are on their way, so that no answer that is older than one of them is shown: what
// was done on the screen stays until the server has said otherwise. Refuses to know what a change is.

let pending = 0
let epoch = 0
let waiting: (() => void)[] = []

/** Runs one change; reads wait for it. */
export async function underway<T>(work: () => Promise<T>): Promise<T> {
  pending += 1
  epoch += 1
  try {
    return await work()
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
