// Parses the names of tags by the rules of the server, which checks them again.

export const MAX_TAGS = 100
/** The server's limit. */
export const MAX_TAGS_PER_BATCH = 20
export const MAX_TAG_LENGTH = 50

export type ParsedTag = { name: string } | { error: string }

/** Drops a leading # and prefers the spelling of an existing tag. Undefined for blank input. */
export function parseTag(typed: string, existing: readonly string[]): ParsedTag | undefined {
  const name = typed
    .replace(/^\s*#+/, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (!name) return undefined
  if ([...name].length > MAX_TAG_LENGTH) return { error: `A tag has at most ${MAX_TAG_LENGTH} characters.` }
  if (/\p{Cc}/u.test(name)) return { error: 'A tag has no control characters.' }
  return { name: existing.find((tag) => sameTag(tag, name)) ?? name }
}

export const sameTag = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

export const sortTags = (tags: readonly string[]) =>
  [...tags].sort((a, b) => a.localeCompare(b, undefined, { sensitivity: 'base', numeric: true }))
