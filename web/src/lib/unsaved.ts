// Owns the answers to "has the server all that was typed?" and "would anything be lost if the page went
// away now?". Refuses to save.

/** `unsaved`: the server has not acknowledged it. `atRisk`: this browser does not keep it either. */
export interface Work {
  readonly unsaved: boolean
  readonly atRisk: boolean
}

/** A plain `true` is both. */
type Check = () => Work | boolean | undefined
const checks = new Set<Check>()

const some = (kind: keyof Work) =>
  [...checks].some((check) => {
    const work = check()
    return typeof work === 'object' ? work[kind] : work
  })

export const hasUnsavedWork = () => some('unsaved')

/** Registers one editor's check; the returned function takes it away again. */
export function watchUnsavedWork(check: Check): () => void {
  checks.add(check)
  return () => checks.delete(check)
}

window.addEventListener('beforeunload', (event) => {
  if (some('atRisk')) event.preventDefault()
})
