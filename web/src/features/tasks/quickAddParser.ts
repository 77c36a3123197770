// Owns what one typed line says of a task: "Pay rent tomorrow !2 #home +Flat". Refuses to guess: what is not
// understood stays in the title, and a backslash before a word keeps it there.
import { addDays, dateIn, momentOf, timeIn, type CivilDate } from '@/lib/civil'
import { parseTag, sameTag } from '@/features/tags/tagNames'
import { parseDate, type Clock } from './quickAddDates'

export interface QuickContext extends Clock {
  lists: readonly { id: string; name: string }[]
  /** Tags in use: their spelling wins. */
  tags: readonly string[]
}

export interface Due {
  at: string
  isDate: boolean
}

export type QuickPart = { ranges: [number, number][] } & (
  | { kind: 'due'; due: Due }
  | { kind: 'priority'; priority: number }
  | { kind: 'tag'; tag: string }
  | { kind: 'list'; list: { id: string; name: string } }
)

export interface QuickTask {
  title: string
  due?: Due
  priority: number
  tags: string[]
  list?: { id: string; name: string }
  /** In the order of the line. */
  parts: QuickPart[]
}

interface Word {
  text: string
  from: number
  to: number
  /** Written with a backslash: a word like any other. */
  kept: boolean
}

type Token = { first: number; count: number } & (
  | { kind: 'date'; date: CivilDate; time?: string }
  | { kind: 'time'; time: string }
  | { kind: 'priority'; priority: number }
  | { kind: 'tag'; tag: string }
  | { kind: 'list'; list: { id: string; name: string } }
)

export const dueOnDay = (date: CivilDate): Due => ({ at: `${date}T00:00:00Z`, isDate: true })

export const dueAt = (zone: string, date: CivilDate, time: string): Due => ({
  at: momentOf(zone, date, time).toISOString().replace('.000Z', 'Z'),
  isDate: false,
})

export function parseQuickAdd(line: string, context: QuickContext): QuickTask {
  const words = split(line)
  const tokens = onlyLast(understand(words, context))
  const taken = new Set(
    tokens.flatMap(({ first, count }) => Array.from({ length: count }, (_, index) => first + index)),
  )
  const title = words
    .filter((_, index) => !taken.has(index))
    .map((word) => word.text)
    .join(' ')
  const parts = toParts(tokens, words, context)
  const found = <K extends QuickPart['kind']>(kind: K) =>
    parts.find((part): part is Extract<QuickPart, { kind: K }> => part.kind === kind)
  const due = found('due')?.due
  const list = found('list')?.list
  return {
    title,
    priority: found('priority')?.priority ?? 0,
    tags: parts.flatMap((part) => (part.kind === 'tag' ? [part.tag] : [])),
    parts,
    ...(due ? { due } : {}),
    ...(list ? { list } : {}),
  }
}

/** The line with these words put back into the title. */
export function keepAsWords(line: string, part: QuickPart): string {
  const starts = split(line)
    .filter((word) => !word.kept && part.ranges.some(([from, to]) => word.from >= from && word.to <= to))
    .map((word) => word.from)
  return starts.reduceRight((text, at) => `${text.slice(0, at)}\\${text.slice(at)}`, line)
}

function split(line: string): Word[] {
  return [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => {
    const kept = text.startsWith('\\') && text.length > 1
    return { text: kept ? text.slice(1) : text, from: index, to: index + text.length, kept }
  })
}

function understand(words: readonly Word[], context: QuickContext): Token[] {
  const tokens: Token[] = []
  for (let first = 0; first < words.length;) {
    const end = words.findIndex((word, index) => index >= first && word.kept)
    const open = words.slice(first, end < 0 ? words.length : end).map((word) => word.text)
    const token = open.length > 0 ? readToken(open, context) : undefined
    if (token) tokens.push({ ...token, first } as Token)
    first += token?.count ?? 1
  }
  return tokens
}

type Unplaced<T> = T extends { first: number } ? Omit<T, 'first'> : never

function readToken(words: readonly string[], context: QuickContext): Unplaced<Token> | undefined {
  const [first = ''] = words
  const priority = /^!([1-4])[,;.]?$/.exec(first)?.[1]
  if (priority) return { kind: 'priority', priority: Number(priority), count: 1 }
  if (first.startsWith('#')) return tagToken(first, context)
  if (first.startsWith('+')) return listToken(words, context)
  const found = parseDate(words, context)
  if (!found) return undefined
  if ('date' in found) return { kind: 'date', ...found }
  return { kind: 'time', ...found }
}

/** A number after the sign is rather the number of something. */
function tagToken(word: string, { tags }: QuickContext): Unplaced<Token> | undefined {
  const typed = word.slice(1).replace(/[,;.!?:]+$/, '')
  if (!/[\p{L}_]/u.test(typed) || typed.startsWith('#')) return undefined
  const read = parseTag(typed, tags)
  return read && 'name' in read ? { kind: 'tag', tag: read.name, count: 1 } : undefined
}

const folded = (name: string) => name.toLowerCase().replace(/\s+/g, ' ').trim()
const joined = (name: string) => folded(name).replaceAll(' ', '')

/** The whole name, however many words it has; or one word that only one list begins with. */
function listToken(words: readonly string[], { lists }: QuickContext): Unplaced<Token> | undefined {
  for (let count = Math.min(words.length, 8); count > 0; count -= 1) {
    const typed = folded(words.slice(0, count).join(' ').slice(1))
    const list = typed && lists.find((one) => folded(one.name) === typed)
    if (list) return { kind: 'list', list, count }
  }
  const typed = joined(words[0]!.slice(1))
  if (!/\p{L}/u.test(typed)) return undefined
  const close = lists.filter((one) => joined(one.name).startsWith(typed))
  const list = close.find((one) => joined(one.name) === typed) ?? (close.length === 1 ? close[0] : undefined)
  return list && { kind: 'list', list, count: 1 }
}

/** Of what a task has one of, the last one counts; the others are words. Of tags each one once. */
function onlyLast(tokens: readonly Token[]): Token[] {
  return tokens.filter((token, index) => {
    const later = tokens.slice(index + 1)
    if (token.kind === 'tag')
      return !tokens.slice(0, index).some((other) => other.kind === 'tag' && sameTag(other.tag, token.tag))
    if (token.kind === 'time')
      return !later.some((other) => other.kind === 'time' || (other.kind === 'date' && other.time))
    return !later.some((other) => other.kind === token.kind)
  })
}

function toParts(tokens: readonly Token[], words: readonly Word[], context: QuickContext): QuickPart[] {
  const range = ({ first, count }: Token): [number, number] => [words[first]!.from, words[first + count - 1]!.to]
  const parts: QuickPart[] = []
  const when = tokens.filter((token) => token.kind === 'date' || token.kind === 'time')
  for (const token of tokens) {
    const ranges = [range(token)]
    if (token.kind === 'date' || token.kind === 'time') {
      if (token === when[0]) parts.push({ kind: 'due', due: dueOf(when, context), ranges: when.map(range) })
    } else if (token.kind === 'priority') parts.push({ kind: 'priority', priority: token.priority, ranges })
    else if (token.kind === 'tag') parts.push({ kind: 'tag', tag: token.tag, ranges })
    else parts.push({ kind: 'list', list: token.list, ranges })
  }
  return parts
}

/** A time without a day is today's, or tomorrow's when that has passed. */
function dueOf(when: readonly Token[], { now, zone }: Clock): Due {
  const day = when.find((token) => token.kind === 'date')
  const time = when.find((token) => token.kind === 'time')?.time ?? day?.time
  if (day && !time) return dueOnDay(day.date)
  const today = dateIn(zone, now)
  const passed = time! <= timeIn(zone, now)
  return dueAt(zone, day?.date ?? (passed ? addDays(today, 1) : today), time!)
}
