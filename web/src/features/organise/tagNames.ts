// Owns what a tag may be called, as the server has it, and finding the spelling already in use.
// Refuses to talk to the server: it has the last word anyway.

export const MOST_TAGS = 100
/** What one batch takes. */
export const MOST_AT_ONCE = 20
export const LONGEST_TAG = 50

export type ReadTag = { name: string } | { error: string }

/** The tag meant by what was typed: a leading # is no part of it, and existing spelling wins. */
export function readTag(typed: string, existing: readonly string[]): ReadTag | undefined {
  const name = typed
    .replace(/^\s*#+/, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (!name) return undefined
  if ([...name].length > LONGEST_TAG) return { error: `A tag has at most ${LONGEST_TAG} characters.` }
  if (/\p{Cc}/u.test(name)) return { error: 'A tag has no control characters.' }
  return { name: existing.find((tag) => sameTag(tag, name)) ?? name }
}

export const sameTag = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

export const sortTags = (tags: readonly string[]) =>
  [...tags].sort((a, b) => a.localeCompare(b, undefined, { sensitivity: 'base', numeric: true }))
