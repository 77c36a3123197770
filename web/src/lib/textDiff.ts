// Owns differences between two texts by words: as pieces to show, as changes to make, and as a merge of
// two people's changes to one text. Refuses to take long: what it cannot compare in time differs as a whole.
import { diffWordsWithSpace } from 'diff'

export interface Piece {
  op: 'equal' | 'insert' | 'delete'
  text: string
}

/** Put `insert` in the place of what stood from `from` up to `to`. */
export interface Change {
  from: number
  to: number
  insert: string
}

const PATIENCE_MS = 200

/** What has to be read to go from one text to the other. */
export function difference(before: string, after: string): Piece[] {
  if (before === after) return before ? [{ op: 'equal', text: before }] : []
  const [start, end] = commonLines(before, after)
  const old = before.slice(start, before.length - end)
  const fresh = after.slice(start, after.length - end)
  const pieces: Piece[] = [
    { op: 'equal', text: before.slice(0, start) },
    ...words(old, fresh),
    { op: 'equal', text: before.slice(before.length - end) },
  ]
  return pieces.filter((piece) => piece.text !== '')
}

function words(old: string, fresh: string): Piece[] {
  const parts = diffWordsWithSpace(old, fresh, { timeout: PATIENCE_MS })
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

/** The length of the whole lines both texts begin and end with: cut anywhere else, words would break. */
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

/** The same as changes, in the order of the text. */
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

/** Both sides' changes of one text, or nothing where they changed the same words to different ones. */
export function mergeTexts(base: string, mine: string, theirs: string): string | undefined {
  if (mine === base || mine === theirs) return theirs
  if (theirs === base) return mine
  const ours = changes(base, mine)
  const others = changes(base, theirs).filter((change) => !ours.some((own) => identical(own, change)))
  if (others.some((change) => ours.some((own) => collide(own, change)))) return undefined
  // What was written at the same spot stands one behind the other, ours first: it goes on from there.
  const all = [...ours, ...others].sort((a, b) => a.from - b.from || a.to - b.to)
  let merged = ''
  let at = 0
  for (const { from, to, insert } of all) {
    merged += base.slice(at, from) + insert
    at = to
  }
  return merged + base.slice(at)
}

const identical = (a: Change, b: Change) => a.from === b.from && a.to === b.to && a.insert === b.insert
const collide = (a: Change, b: Change) => a.from < b.to && b.from < a.to

/** For reading: where word after word was replaced, the old ones stand together and the new ones, too. */
export function readable(pieces: readonly Piece[]): Piece[] {
  const runs: { equal: string; gone: string; come: string }[] = []
  for (const { op, text } of pieces) {
    let last = runs.at(-1)
    if (!last || op === 'equal' || last.equal) runs.push((last = { equal: '', gone: '', come: '' }))
    if (op === 'equal') last.equal += text
    else last[op === 'delete' ? 'gone' : 'come'] += text
  }
  for (let at = runs.length - 2; at > 0; at -= 1) {
    const [before, between, after] = [runs[at - 1]!, runs[at]!, runs[at + 1]!]
    const replaced = [before, after].every((run) => run.gone && run.come)
    if (!replaced || !/^[^\S\n]+$/.test(between.equal)) continue
    const whole = (side: 'gone' | 'come') => before[side] + between.equal + after[side]
    runs.splice(at - 1, 3, { equal: '', gone: whole('gone'), come: whole('come') })
  }
  const shown = runs.flatMap(({ equal, gone, come }): Piece[] => [
    { op: 'equal', text: equal },
    { op: 'delete', text: gone },
    { op: 'insert', text: come },
  ])
  return shown.filter((piece) => piece.text !== '')
}
