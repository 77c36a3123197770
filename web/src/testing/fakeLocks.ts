// Fake Web Locks: exclusive locks, released when their page is killed.

type Callback = (lock: unknown) => unknown

interface HeldLock {
  page: object
  waiting: { page: object; run: () => void }[]
}

/** One browser: `of(page)` is the lock manager of a page, `kill(page)` releases the locks of a page. */
export function fakeBrowserLocks() {
  const held = new Map<string, HeldLock>()

  function next(name: string) {
    const lock = held.get(name)
    const successor = lock?.waiting.shift()
    if (!lock || !successor) return void held.delete(name)
    lock.page = successor.page
    successor.run()
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
