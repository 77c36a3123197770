// Word diff of two texts, as pieces to show or as changes to apply, and three-way merge. A diff that takes too long is
// shown as one deletion and one insertion.
import { diffWordsWithSpace } from 'diff'

export interface Piece {
  op: 'equal' | 'insert' | 'delete'
  text: string
}

/** Replaces the text from `from` up to `to` by `insert`. */
export interface Change {
  from: number
  to: number
  insert: string
}

const TIMEOUT_MS = 200

export function difference(before: string, after: string): Piece[] {
  if (before === after) return before ? [{ op: 'equal', text: before }] : []
  const [start, end] = commonLines(before, after)
  const old = before.slice(start, before.length - end)
  const fresh = after.slice(start, after.length - end)
  const pieces: Piece[] = [
    { op: 'equal', text: before.slice(0, start) },
    ...diffWords(old, fresh),
    { op: 'equal', text: before.slice(before.length - end) },
  ]
  return pieces.filter((piece) => piece.text !== '')
}

function diffWords(old: string, fresh: string): Piece[] {
  const parts = diffWordsWithSpace(old, fresh, { timeout: TIMEOUT_MS })
  if (!parts)
    return [
      { op: 'delete', text: old },
      { op: 'insert', text: fresh },
    ]
  return parts.map(({ added, removed, value }) => ({
    op: added ? 'insert' : removed ? 'delete' : 'equal',
    text: value,
  }))
}

/** Length of the common lines at the start and at the end. Only whole lines, so that no word is cut. */
function commonLines(before: string, after: string): [number, number] {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start += 1
  start = before.lastIndexOf('\n', start - 1) + 1
  let end = 0
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  const line = before.indexOf('\n', before.length - end)
  return [start, line === -1 ? 0 : before.length - line]
}

/** The diff as changes, in the order of the text. */
export function changes(before: string, after: string): Change[] {
  const found: Change[] = []
  let at = 0
  for (const { op, text } of difference(before, after)) {
    if (op === 'equal') {
      at += text.length
      continue
    }
    const last = found.at(-1)
    const change = last && last.to === at ? last : { from: at, to: at, insert: '' }
    if (change !== last) found.push(change)
    if (op === 'delete') change.to = at += text.length
    else change.insert += text
  }
  return found
}

/** Three-way merge. Returns undefined if both sides changed the same words differently. */
export function mergeTexts(base: string, ours: string, theirs: string): string | undefined {
  if (ours === base || ours === theirs) return theirs
  if (theirs === base) return ours
  const ourChanges = changes(base, ours)
  const theirChanges = changes(base, theirs).filter((change) => !ourChanges.some((own) => identical(own, change)))
  if (theirChanges.some((change) => ourChanges.some((own) => overlap(own, change)))) return undefined
  // The sort is stable: of two insertions at the same position, ours comes first, where the user is typing.
  const all = [...ourChanges, ...theirChanges].sort((a, b) => a.from - b.from || a.to - b.to)
  let merged = ''
  let at = 0
  for (const { from, to, insert } of all) {
    merged += base.slice(at, from) + insert
    at = to
  }
  return merged + base.slice(at)
}

const identical = (a: Change, b: Change) => a.from === b.from && a.to === b.to && a.insert === b.insert
const overlap = (a: Change, b: Change) => a.from < b.to && b.from < a.to

/** Easier to read: groups consecutive replaced words into one deletion and one insertion. */
export function groupReplacements(pieces: readonly Piece[]): Piece[] {
  const runs: { equal: string; deleted: string; inserted: string }[] = []
  for (const { op, text } of pieces) {
    let last = runs.at(-1)
    if (!last || op === 'equal' || last.equal) runs.push((last = { equal: '', deleted: '', inserted: '' }))
    if (op === 'equal') last.equal += text
    else last[op === 'delete' ? 'deleted' : 'inserted'] += text
  }
  for (let at = runs.length - 2; at > 0; at -= 1) {
    const [before, between, after] = [runs[at - 1]!, runs[at]!, runs[at + 1]!]
    const replaced = [before, after].every((run) => run.deleted && run.inserted)
    if (!replaced || !/^[^\S\n]+$/.test(between.equal)) continue
    const whole = (side: 'deleted' | 'inserted') => before[side] + between.equal + after[side]
    runs.splice(at - 1, 3, { equal: '', deleted: whole('deleted'), inserted: whole('inserted') })
  }
  const shown = runs.flatMap(({ equal, deleted, inserted }): Piece[] => [
    { op: 'equal', text: equal },
    { op: 'delete', text: deleted },
    { op: 'insert', text: inserted },
  ])
  return shown.filter((piece) => piece.text !== '')
}
