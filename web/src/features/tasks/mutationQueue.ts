// The queue of task mutations of this tab, and reads that wait for it.
//
// Mutations are sent one at a time, in the order of the user's actions. Two changes of one task would otherwise race: the
// one that arrives second is refused with 412 and repeated on the current version, so the older value could win.
//
// Every mutation is applied to the screen before it is sent. A list that was read before the server processed the
// mutation would revert that for a moment. `readConsistent` therefore starts only while the queue is empty, and repeats
// the read when a mutation was enqueued in the meantime. `epoch` grows at the start and at the end of a mutation, so a
// read is accepted only if no mutation overlapped it.

let pending = 0
let epoch = 0
let waiting: (() => void)[] = []
let last: Promise<unknown> = Promise.resolve()

/** Runs a mutation after all that were enqueued before it, including failed ones. */
export async function enqueueMutation<T>(mutation: () => Promise<T>): Promise<T> {
  pending += 1
  epoch += 1
  const result = last.then(mutation)
  last = result.catch(() => {})
  try {
    return await result
  } finally {
    pending -= 1
    epoch += 1
    if (pending === 0) {
      const resolvers = waiting
      waiting = []
      resolvers.forEach((resolve) => resolve())
    }
  }
}

const idle = () => (pending === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve)))

/** Resolves to an answer that no mutation overlapped. */
export async function readConsistent<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    await idle()
    signal.throwIfAborted()
    const before = epoch
    const answer = await read()
    if (before === epoch) return answer
  }
}
