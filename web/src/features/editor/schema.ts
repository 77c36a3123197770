// The fields of a draft (a title, one long text, flags): comparing drafts field by field and merging two of them.
import { mergeTexts } from '@/lib/textDiff'

/** What the server stores under a version number. */
export interface Entity {
  id: string
  version: number
}

/** The answer to a save. `merge` is `none`, `clean` or `conflict`. */
export type SaveResult<E extends Entity> = E & { merge: string; conflict?: unknown }

/** `save_id` lets the server recognize a repeated save. */
export type SaveRequest<D> = Partial<D> & { base_version: number; save_id: string }

export interface TextSchema<D extends object> {
  empty: () => D
  pick: (source: D) => D
  /** Only the fields that are not text. */
  flags: (source: D) => Partial<D>
  texts: (source: D) => Partial<D>
  same: (a: D, b: D) => boolean
  sameText: (a: D, b: D) => boolean
  /** Only the fields that differ: the server leaves the others as they are. */
  changed: (from: D, to: D) => Partial<D>
  /** Three-way merge; undefined if both sides changed the same words. */
  merge: (base: D, ours: D, theirs: D) => D | undefined
  /** Ours, a line, theirs. */
  join: (ours: D, theirs: D) => D
}

/** `textField` is the name of the long text. */
export function textSchema<D extends { title: string }>(empty: D, textField: keyof D & string): TextSchema<D> {
  const fields = Object.keys(empty) as (keyof D)[]
  const textFields: (keyof D)[] = ['title', textField]
  const flagFields = fields.filter((field) => !textFields.includes(field))
  const only = (names: (keyof D)[]) => (source: D) =>
    Object.fromEntries(names.map((name) => [name, source[name]])) as Partial<D>
  const equal = (names: (keyof D)[]) => (a: D, b: D) => names.every((name) => a[name] === b[name])
  const textOf = (draft: D, field: keyof D) => draft[field] as string

  return {
    empty: () => ({ ...empty }),
    pick: (source) => only(fields)(source) as D,
    flags: only(flagFields),
    texts: only(textFields),
    same: equal(fields),
    sameText: equal(textFields),
    changed: (from, to) => only(fields.filter((field) => from[field] !== to[field]))(to),
    merge(base, ours, theirs) {
      const merged = { ...theirs }
      for (const field of textFields) {
        const text = mergeTexts(textOf(base, field), textOf(ours, field), textOf(theirs, field))
        if (text === undefined) return undefined
        merged[field] = text as D[keyof D]
      }
      for (const field of flagFields) if (ours[field] !== base[field]) merged[field] = ours[field]
      return only(fields)(merged) as D
    },
    join(ours, theirs) {
      const text = [textOf(ours, textField), textOf(theirs, textField)].filter((one) => one.trim()).join('\n\n---\n\n')
      return { ...ours, title: ours.title || theirs.title, [textField]: text }
    },
  }
}
