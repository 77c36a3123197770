// Unsaved work of the page: what the server has not stored yet, and what would be lost if the page were closed now.

/** `unsaved`: not stored on the server. `atRisk`: not stored in this browser either. */
export interface Work {
  readonly unsaved: boolean
  readonly atRisk: boolean
}

/** `true` means both. */
type Check = () => Work | boolean | undefined
const checks = new Set<Check>()

const some = (kind: keyof Work) =>
  [...checks].some((check) => {
    const work = check()
    return typeof work === 'object' ? work[kind] : work
  })

export const hasUnsavedWork = () => some('unsaved')

/** Registers the check of one editor; the returned function removes it. */
export function watchUnsavedWork(check: Check): () => void {
  checks.add(check)
  return () => checks.delete(check)
}

window.addEventListener('beforeunload', (event) => {
  if (some('atRisk')) event.preventDefault()
})
