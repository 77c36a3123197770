// Owns what a noun's draft is made of: a title, one text, and flags; comparing them one by one, and merging
// two sides' changes of them. Refuses to decide where both sides mean different things.
import { mergeTexts } from '@/lib/textDiff'

/** What the server stores and numbers. */
export interface Entity {
  id: string
  version: number
}

/** What a save is answered with: the whole thing, and what became of the words. */
export type SaveResult<E extends Entity> = E & { merge: string; conflict?: unknown }

/** What changed, the version it was based on, and a name of its own: so the server knows a repetition. */
export type SaveRequest<D> = Partial<D> & { base_version: number; save_id: string }

export interface TextSchema<D extends object> {
  empty: () => D
  pick: (source: D) => D
  /** Only what is no text. */
  flags: (source: D) => Partial<D>
  texts: (source: D) => Partial<D>
  same: (a: D, b: D) => boolean
  sameText: (a: D, b: D) => boolean
  /** Only what differs: a field that is not sent is not touched. */
  changed: (from: D, to: D) => Partial<D>
  /** Both sides' changes of one base; nothing where they contradict each other. */
  merge: (base: D, mine: D, theirs: D) => D | undefined
  /** Both texts under one another, a line between them. */
  join: (mine: D, theirs: D) => D
}

/** `text` is the name of the field that holds the long one. */
export function textSchema<D extends { title: string }>(empty: D, text: keyof D & string): TextSchema<D> {
  const fields = Object.keys(empty) as (keyof D)[]
  const texts: (keyof D)[] = ['title', text]
  const flags = fields.filter((field) => !texts.includes(field))
  const only = (names: (keyof D)[]) => (source: D) =>
    Object.fromEntries(names.map((name) => [name, source[name]])) as Partial<D>
  const equal = (names: (keyof D)[]) => (a: D, b: D) => names.every((name) => a[name] === b[name])
  const words = (draft: D, field: keyof D) => draft[field] as string

  return {
    empty: () => ({ ...empty }),
    pick: (source) => only(fields)(source) as D,
    flags: only(flags),
    texts: only(texts),
    same: equal(fields),
    sameText: equal(texts),
    changed: (from, to) => only(fields.filter((field) => from[field] !== to[field]))(to),
    merge(base, mine, theirs) {
      const merged = { ...theirs }
      for (const field of texts) {
        const both = mergeTexts(words(base, field), words(mine, field), words(theirs, field))
        if (both === undefined) return undefined
        merged[field] = both as D[keyof D]
      }
      for (const field of flags) if (mine[field] !== base[field]) merged[field] = mine[field]
      return only(fields)(merged) as D
    },
    join(mine, theirs) {
      const long = [words(mine, text), words(theirs, text)].filter((one) => one.trim()).join('\n\n---\n\n')
      return { ...mine, title: mine.title || theirs.title, [text]: long }
    },
  }
}
