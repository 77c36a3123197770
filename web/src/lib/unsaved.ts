// Owns the answer to "would anything typed be lost if the page went away now?". Refuses to save.

type Check = () => boolean
const checks = new Set<Check>()

export function hasUnsavedWork(): boolean {
  return [...checks].some((check) => check())
}

/** Registers one editor's check; the returned function takes it away again. */
export function watchUnsavedWork(check: Check): () => void {
  checks.add(check)
  return () => checks.delete(check)
}

window.addEventListener('beforeunload', (event) => {
  if (hasUnsavedWork()) event.preventDefault()
})
