// Owns the Web Locks of the specs: exclusive ones, held by the page that asked and given up when it dies.
// Refuses shared locks.

type Callback = (lock: unknown) => unknown

interface Held {
  page: object
  waiting: { page: object; run: () => void }[]
}

/** One browser; `of(page)` are the locks as that page sees them, `kill(page)` ends all of its own. */
export function fakeBrowserLocks() {
  const held = new Map<string, Held>()

  function next(name: string) {
    const lock = held.get(name)
    const heir = lock?.waiting.shift()
    if (!lock || !heir) return void held.delete(name)
    lock.page = heir.page
    heir.run()
  }

  const of = (page: object) => ({
    request: (name: string, options: { signal?: AbortSignal; ifAvailable?: boolean }, callback: Callback) =>
      new Promise((resolve, reject) => {
        const run = () => resolve(callback({ name }))
        const lock = held.get(name)
        if (!lock) {
          held.set(name, { page, waiting: [] })
          return run()
        }
        if (options.ifAvailable) return resolve(callback(null))
        const entry = { page, run }
        lock.waiting.push(entry)
        options.signal?.addEventListener('abort', () => {
          const index = lock.waiting.indexOf(entry)
          if (index < 0) return
          lock.waiting.splice(index, 1)
          reject(new DOMException('aborted', 'AbortError'))
        })
      }),
  })

  const kill = (page: object) => {
    for (const [name, lock] of held) if (lock.page === page) next(name)
  }
  return { of, kill }
}
