// Parses a quick add line such as "Pay rent tomorrow !2 #home +Flat". What is not recognized stays in the title; a
// backslash before a word keeps it there. Dates: `quickAddDates.ts`.
import { addDays, dateIn, toInstant, timeIn, type CivilDate } from '@/lib/civil'
import { parseTag, sameTag } from '@/features/tags/tagNames'
import { parseDate, type Clock } from './quickAddDates'

export interface QuickAddContext extends Clock {
  lists: readonly { id: string; name: string }[]
  /** Existing tags, whose spelling is used. */
  tags: readonly string[]
}

export interface Due {
  at: string
  isDate: boolean
}

export type QuickAddPart = { ranges: [number, number][] } & (
  | { kind: 'due'; due: Due }
  | { kind: 'priority'; priority: number }
  | { kind: 'tag'; tag: string }
  | { kind: 'list'; list: { id: string; name: string } }
)

export interface ParsedTask {
  title: string
  due?: Due
  priority: number
  tags: string[]
  list?: { id: string; name: string }
  /** The recognized parts, in the order of the line. `ranges` are character positions. */
  parts: QuickAddPart[]
}

interface Word {
  text: string
  from: number
  to: number
  /** With a backslash: part of the title. */
  escaped: boolean
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
  at: toInstant(zone, date, time).toISOString().replace('.000Z', 'Z'),
  isDate: false,
})

export function parseQuickAdd(line: string, context: QuickAddContext): ParsedTask {
  const words = split(line)
  const tokens = withoutDuplicates(tokenize(words, context))
  const consumed = new Set(
    tokens.flatMap(({ first, count }) => Array.from({ length: count }, (_, index) => first + index)),
  )
  const title = words
    .filter((_, index) => !consumed.has(index))
    .map((word) => word.text)
    .join(' ')
  const parts = toParts(tokens, words, context)
  const found = <K extends QuickAddPart['kind']>(kind: K) =>
    parts.find((part): part is Extract<QuickAddPart, { kind: K }> => part.kind === kind)
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

/** The line with the words of this part escaped, which makes them part of the title. */
export function escapePart(line: string, part: QuickAddPart): string {
  const starts = split(line)
    .filter((word) => !word.escaped && part.ranges.some(([from, to]) => word.from >= from && word.to <= to))
    .map((word) => word.from)
  return starts.reduceRight((text, at) => `${text.slice(0, at)}\\${text.slice(at)}`, line)
}

function split(line: string): Word[] {
  return [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => {
    const escaped = text.startsWith('\\') && text.length > 1
    return { text: escaped ? text.slice(1) : text, from: index, to: index + text.length, escaped }
  })
}

function tokenize(words: readonly Word[], context: QuickAddContext): Token[] {
  const tokens: Token[] = []
  for (let first = 0; first < words.length;) {
    const end = words.findIndex((word, index) => index >= first && word.escaped)
    const candidates = words.slice(first, end < 0 ? words.length : end).map((word) => word.text)
    const token = candidates.length > 0 ? parseToken(candidates, context) : undefined
    if (token) tokens.push({ ...token, first } as Token)
    first += token?.count ?? 1
  }
  return tokens
}

type WithoutIndex<T> = T extends { first: number } ? Omit<T, 'first'> : never

function parseToken(words: readonly string[], context: QuickAddContext): WithoutIndex<Token> | undefined {
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

/** "#12" is more likely a number than a tag. */
function tagToken(word: string, { tags }: QuickAddContext): WithoutIndex<Token> | undefined {
  const typed = word.slice(1).replace(/[,;.!?:]+$/, '')
  if (!/[\p{L}_]/u.test(typed) || typed.startsWith('#')) return undefined
  const read = parseTag(typed, tags)
  return read && 'name' in read ? { kind: 'tag', tag: read.name, count: 1 } : undefined
}

const normalized = (name: string) => name.toLowerCase().replace(/\s+/g, ' ').trim()
const withoutSpaces = (name: string) => normalized(name).replaceAll(' ', '')

/** The whole name, which may have several words, or one word that only one list starts with. */
function listToken(words: readonly string[], { lists }: QuickAddContext): WithoutIndex<Token> | undefined {
  for (let count = Math.min(words.length, 8); count > 0; count -= 1) {
    const typed = normalized(words.slice(0, count).join(' ').slice(1))
    const list = typed && lists.find((list) => normalized(list.name) === typed)
    if (list) return { kind: 'list', list, count }
  }
  const typed = withoutSpaces(words[0]!.slice(1))
  if (!/\p{L}/u.test(typed)) return undefined
  const candidates = lists.filter((list) => withoutSpaces(list.name).startsWith(typed))
  const list =
    candidates.find((list) => withoutSpaces(list.name) === typed) ??
    (candidates.length === 1 ? candidates[0] : undefined)
  return list && { kind: 'list', list, count: 1 }
}

/** Fields with a single value use the last token; the earlier ones stay in the title. A repeated tag counts once. */
function withoutDuplicates(tokens: readonly Token[]): Token[] {
  return tokens.filter((token, index) => {
    const later = tokens.slice(index + 1)
    if (token.kind === 'tag')
      return !tokens.slice(0, index).some((other) => other.kind === 'tag' && sameTag(other.tag, token.tag))
    if (token.kind === 'time')
      return !later.some((other) => other.kind === 'time' || (other.kind === 'date' && other.time))
    return !later.some((other) => other.kind === token.kind)
  })
}

function toParts(tokens: readonly Token[], words: readonly Word[], context: QuickAddContext): QuickAddPart[] {
  const range = ({ first, count }: Token): [number, number] => [words[first]!.from, words[first + count - 1]!.to]
  const parts: QuickAddPart[] = []
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

/** A time without a day means today, or tomorrow if it has passed. */
function dueOf(when: readonly Token[], { now, zone }: Clock): Due {
  const day = when.find((token) => token.kind === 'date')
  const time = when.find((token) => token.kind === 'time')?.time ?? day?.time
  if (day && !time) return dueOnDay(day.date)
  const today = dateIn(zone, now)
  const passed = time! <= timeIn(zone, now)
  return dueAt(zone, day?.date ?? (passed ? addDays(today, 1) : today), time!)
}
