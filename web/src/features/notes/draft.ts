// Owns the fields of a note that are saved, one by one: comparing them, and merging two sides' changes of
// them. Refuses to decide where both sides mean different things.
import { mergeTexts } from '@/lib/textDiff'
import type { Draft } from './types'

const FIELDS = ['title', 'body', 'pinned', 'archived'] as const

export const EMPTY: Draft = { title: '', body: '', pinned: false, archived: false }

export const pick = (note: Draft): Draft => ({ title: note.title, body: note.body, pinned: note.pinned, archived: note.archived })

export const same = (a: Draft, b: Draft) => FIELDS.every((field) => a[field] === b[field])

export const sameText = (a: Draft, b: Draft) => a.title === b.title && a.body === b.body

/** Only what differs: a field that is not sent is not touched. */
export function changed(from: Draft, to: Draft): Partial<Draft> {
  return Object.fromEntries(FIELDS.filter((field) => from[field] !== to[field]).map((field) => [field, to[field]]))
}

/** Both sides' changes of one base; nothing where they contradict each other. */
export function mergeDrafts(base: Draft, mine: Draft, theirs: Draft): Draft | undefined {
  const title = mergeTexts(base.title, mine.title, theirs.title)
  const body = mergeTexts(base.body, mine.body, theirs.body)
  if (title === undefined || body === undefined) return undefined
  const flag = (field: 'pinned' | 'archived') => (mine[field] === base[field] ? theirs[field] : mine[field])
  return { title, body, pinned: flag('pinned'), archived: flag('archived') }
}

/** Both texts under one another, a line between them. */
export function joinTexts(mine: Draft, theirs: Draft): Draft {
  return { ...mine, title: mine.title || theirs.title, body: [mine.body, theirs.body].filter((body) => body.trim()).join('\n\n---\n\n') }
}
