// Owns which words of a line name a day or a time, and which one. Refuses words that are more often something
// else: "sun" and "sat" alone, a price like 24.12.
import { addDays, addMinutes, addMonths, civil, dateIn, partsOf, timeIn, weekdayOf, type CivilDate } from '@/lib/civil'

export interface Clock {
  now: Date
  zone: string
}

/** `count` words were understood. */
export type Understood = { count: number } & (
  { date: CivilDate } | { time: string } | { date: CivilDate; time: string }
)

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const SHORT_WEEKDAYS = new Map([
  ['mon', 1],
  ['tue', 2],
  ['tues', 2],
  ['wed', 3],
  ['thu', 4],
  ['thur', 4],
  ['thurs', 4],
  ['fri', 5],
  ['sat', 6],
  ['sun', 7],
])
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const LEADS = ['on', 'by', 'due', 'at', 'until']
const YEARS_AHEAD = 8
const MOST = 999

const bare = (word: string | undefined) => (word ?? '').toLowerCase().replace(/[,;]+$/, '')
const plain = (word: string | undefined) => bare(word).replace(/\.+$/, '')

/** What begins with the first of these words. */
export function parseDate(words: readonly string[], clock: Clock): Understood | undefined {
  const led = LEADS.includes(bare(words[0]))
  const rest = led ? words.slice(1) : words
  const found = understandDay(rest, led, clock) ?? understandTime(rest)
  return found && { ...found, count: found.count + Number(led) }
}

function understandDay(words: readonly string[], led: boolean, { now, zone }: Clock): Understood | undefined {
  const today = dateIn(zone, now)
  const first = plain(words[0])
  const one = (date: CivilDate | undefined, count = 1) => (date ? { date, count } : undefined)
  if (first === 'today') return one(today)
  if (['tomorrow', 'tmr', 'tmrw'].includes(first)) return one(addDays(today, 1))
  if (first === 'next' || first === 'this') return one(after(first, plain(words[1]), today), 2)
  if (first === 'in') return span(words, now, zone)
  const weekday = WEEKDAYS.indexOf(first) + 1 || (led ? SHORT_WEEKDAYS.get(first) : undefined)
  if (weekday) return one(coming(weekday, today))
  return one(numeric(bare(words[0]), today)) ?? named(words, today)
}

/** The next such day, never today. */
const coming = (weekday: number, today: CivilDate) => addDays(today, ((weekday - weekdayOf(today) + 6) % 7) + 1)

/** "next" is in the week, or the month, after this one; weeks begin on Monday. */
function after(which: 'next' | 'this', word: string, today: CivilDate): CivilDate | undefined {
  const weekday = WEEKDAYS.indexOf(word) + 1 || SHORT_WEEKDAYS.get(word)
  if (which === 'this') return weekday ? coming(weekday, today) : undefined
  const monday = addDays(today, 8 - weekdayOf(today))
  if (weekday) return addDays(monday, weekday - 1)
  if (word === 'week') return monday
  return word === 'month' ? `${addMonths(today, 1).slice(0, 7)}-01` : undefined
}

/** "in 3 days", "in a week", "in 2 hours" */
function span(words: readonly string[], now: Date, zone: string): Understood | undefined {
  const many = ['a', 'an', 'one'].includes(bare(words[1]))
    ? 1
    : /^\d{1,3}$/.test(bare(words[1]))
      ? Number(words[1])
      : NaN
  if (!(many >= 1 && many <= MOST)) return undefined
  const today = dateIn(zone, now)
  const unit = plain(words[2]).replace(/s$/, '')
  if (unit === 'day') return { date: addDays(today, many), count: 3 }
  if (unit === 'week') return { date: addDays(today, many * 7), count: 3 }
  if (unit === 'month') return { date: addMonths(today, many), count: 3 }
  const minutes = ['hour', 'h'].includes(unit) ? many * 60 : ['minute', 'min'].includes(unit) ? many : 0
  if (minutes === 0) return undefined
  const then = addMinutes(now, minutes)
  return { date: dateIn(zone, then), time: timeIn(zone, then), count: 3 }
}

/** 2026-12-24, 24.12., 24.12.2026 */
function numeric(word: string, today: CivilDate): CivilDate | undefined {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})\.?$/.exec(word)
  if (iso) return civil(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?$/.exec(word)
  if (!dotted) return undefined
  return dated(Number(dotted[1]), Number(dotted[2]), dotted[3], today)
}

/** "24 Dec", "24th of December 2027", "Dec 24" */
function named(words: readonly string[], today: CivilDate): Understood | undefined {
  const dayOf = (word: string | undefined) => Number(/^(\d{1,2})(?:st|nd|rd|th)?$/.exec(plain(word))?.[1] ?? NaN)
  const of = plain(words[1]) === 'of' ? 1 : 0
  const forms = [
    { day: dayOf(words[0]), month: monthOf(words[1 + of]), count: 2 + of },
    { day: dayOf(words[1]), month: monthOf(words[0]), count: 2 },
  ]
  const form = forms.find(({ day, month }) => day > 0 && month > 0)
  if (!form) return undefined
  const year = /^\d{4}$/.exec(plain(words[form.count]))?.[0]
  const date = dated(form.day, form.month, year, today)
  return date ? { date, count: form.count + Number(Boolean(year)) } : undefined
}

function monthOf(word: string | undefined): number {
  const name = plain(word)
  return name.length < 3
    ? 0
    : MONTHS.findIndex(
        (month) => month === name || month.slice(0, 3) === name || (name === 'sept' && month === 'september'),
      ) + 1
}

/** Without a year it is the next such day, today included. */
function dated(day: number, month: number, year: string | undefined, today: CivilDate): CivilDate | undefined {
  if (year) return civil(year.length === 2 ? 2000 + Number(year) : Number(year), month, day)
  const from = partsOf(today).year
  for (let ahead = 0; ahead <= YEARS_AHEAD; ahead += 1) {
    const date = civil(from + ahead, month, day)
    if (date && date >= today) return date
  }
  return undefined
}

/** "17:00", "5pm", "5:30 pm", "noon" */
function understandTime(words: readonly string[]): Understood | undefined {
  const first = plain(words[0])
  if (first === 'noon') return { time: '12:00', count: 1 }
  const half = ['am', 'pm'].includes(plain(words[1])) && /^\d{1,2}(:\d{2})?$/.test(first) ? plain(words[1]) : ''
  const match = /^(\d{1,2})(?::(\d{2}))?(am|pm)?$/.exec(first + half)
  if (!match || (match[2] === undefined && match[3] === undefined)) return undefined
  const [hour, minute] = [Number(match[1]), Number(match[2] ?? 0)]
  if (minute > 59 || hour > 23 || (match[3] && (hour < 1 || hour > 12))) return undefined
  const hours = match[3] ? (hour % 12) + (match[3] === 'pm' ? 12 : 0) : hour
  return { time: `${String(hours).padStart(2, '0')}:${String(minute).padStart(2, '0')}`, count: half ? 2 : 1 }
}
