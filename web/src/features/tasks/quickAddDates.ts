// Recognizes a day or a time at the start of a list of words. Ambiguous words are not recognized: "sun" and "sat" without
// a preposition, a price like 24.12.
import { addDays, addMinutes, addMonths, civil, dateIn, partsOf, timeIn, weekdayOf, type CivilDate } from '@/lib/civil'

export interface Clock {
  now: Date
  zone: string
}

/** `count` is the number of words. */
export type DateMatch = { count: number } & ({ date: CivilDate } | { time: string } | { date: CivilDate; time: string })

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
const PREPOSITIONS = ['on', 'by', 'due', 'at', 'until']
const MAX_YEARS_AHEAD = 8
const MAX_OFFSET = 999

const normalize = (word: string | undefined) => (word ?? '').toLowerCase().replace(/[,;]+$/, '')
const withoutPeriod = (word: string | undefined) => normalize(word).replace(/\.+$/, '')

export function parseDate(words: readonly string[], clock: Clock): DateMatch | undefined {
  const hasPreposition = PREPOSITIONS.includes(normalize(words[0]))
  const rest = hasPreposition ? words.slice(1) : words
  const match = parseDay(rest, hasPreposition, clock) ?? parseTime(rest)
  return match && { ...match, count: match.count + Number(hasPreposition) }
}

function parseDay(words: readonly string[], hasPreposition: boolean, { now, zone }: Clock): DateMatch | undefined {
  const today = dateIn(zone, now)
  const first = withoutPeriod(words[0])
  const match = (date: CivilDate | undefined, count = 1) => (date ? { date, count } : undefined)
  if (first === 'today') return match(today)
  if (['tomorrow', 'tmr', 'tmrw'].includes(first)) return match(addDays(today, 1))
  if (first === 'next' || first === 'this') return match(relative(first, withoutPeriod(words[1]), today), 2)
  if (first === 'in') return offset(words, now, zone)
  const weekday = WEEKDAYS.indexOf(first) + 1 || (hasPreposition ? SHORT_WEEKDAYS.get(first) : undefined)
  if (weekday) return match(nextWeekday(weekday, today))
  return match(numericDate(normalize(words[0]), today)) ?? namedDate(words, today)
}

/** The next day with this weekday, never today. */
const nextWeekday = (weekday: number, today: CivilDate) => addDays(today, ((weekday - weekdayOf(today) + 6) % 7) + 1)

/** "next" means the following week or month; a week starts on Monday. */
function relative(which: 'next' | 'this', word: string, today: CivilDate): CivilDate | undefined {
  const weekday = WEEKDAYS.indexOf(word) + 1 || SHORT_WEEKDAYS.get(word)
  if (which === 'this') return weekday ? nextWeekday(weekday, today) : undefined
  const monday = addDays(today, 8 - weekdayOf(today))
  if (weekday) return addDays(monday, weekday - 1)
  if (word === 'week') return monday
  return word === 'month' ? `${addMonths(today, 1).slice(0, 7)}-01` : undefined
}

/** "in 3 days", "in a week", "in 2 hours" */
function offset(words: readonly string[], now: Date, zone: string): DateMatch | undefined {
  const count = ['a', 'an', 'one'].includes(normalize(words[1]))
    ? 1
    : /^\d{1,3}$/.test(normalize(words[1]))
      ? Number(words[1])
      : NaN
  if (!(count >= 1 && count <= MAX_OFFSET)) return undefined
  const today = dateIn(zone, now)
  const unit = withoutPeriod(words[2]).replace(/s$/, '')
  if (unit === 'day') return { date: addDays(today, count), count: 3 }
  if (unit === 'week') return { date: addDays(today, count * 7), count: 3 }
  if (unit === 'month') return { date: addMonths(today, count), count: 3 }
  const minutes = ['hour', 'h'].includes(unit) ? count * 60 : ['minute', 'min'].includes(unit) ? count : 0
  if (minutes === 0) return undefined
  const then = addMinutes(now, minutes)
  return { date: dateIn(zone, then), time: timeIn(zone, then), count: 3 }
}

/** 2026-12-24, 24.12., 24.12.2026 */
function numericDate(word: string, today: CivilDate): CivilDate | undefined {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})\.?$/.exec(word)
  if (iso) return civil(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?$/.exec(word)
  if (!dotted) return undefined
  return withYear(Number(dotted[1]), Number(dotted[2]), dotted[3], today)
}

/** "24 Dec", "24th of December 2027", "Dec 24" */
function namedDate(words: readonly string[], today: CivilDate): DateMatch | undefined {
  const dayOf = (word: string | undefined) =>
    Number(/^(\d{1,2})(?:st|nd|rd|th)?$/.exec(withoutPeriod(word))?.[1] ?? NaN)
  const of = withoutPeriod(words[1]) === 'of' ? 1 : 0
  const forms = [
    { day: dayOf(words[0]), month: monthOf(words[1 + of]), count: 2 + of },
    { day: dayOf(words[1]), month: monthOf(words[0]), count: 2 },
  ]
  const form = forms.find(({ day, month }) => day > 0 && month > 0)
  if (!form) return undefined
  const year = /^\d{4}$/.exec(withoutPeriod(words[form.count]))?.[0]
  const date = withYear(form.day, form.month, year, today)
  return date ? { date, count: form.count + Number(Boolean(year)) } : undefined
}

function monthOf(word: string | undefined): number {
  const name = withoutPeriod(word)
  return name.length < 3
    ? 0
    : MONTHS.findIndex(
        (month) => month === name || month.slice(0, 3) === name || (name === 'sept' && month === 'september'),
      ) + 1
}

/** Without a year the next such day, which may be today. */
function withYear(day: number, month: number, year: string | undefined, today: CivilDate): CivilDate | undefined {
  if (year) return civil(year.length === 2 ? 2000 + Number(year) : Number(year), month, day)
  const from = partsOf(today).year
  for (let ahead = 0; ahead <= MAX_YEARS_AHEAD; ahead += 1) {
    const date = civil(from + ahead, month, day)
    if (date && date >= today) return date
  }
  return undefined
}

/** "17:00", "5pm", "5:30 pm", "noon" */
function parseTime(words: readonly string[]): DateMatch | undefined {
  const first = withoutPeriod(words[0])
  if (first === 'noon') return { time: '12:00', count: 1 }
  const suffix =
    ['am', 'pm'].includes(withoutPeriod(words[1])) && /^\d{1,2}(:\d{2})?$/.test(first) ? withoutPeriod(words[1]) : ''
  const match = /^(\d{1,2})(?::(\d{2}))?(am|pm)?$/.exec(first + suffix)
  if (!match || (match[2] === undefined && match[3] === undefined)) return undefined
  const [hour, minute] = [Number(match[1]), Number(match[2] ?? 0)]
  if (minute > 59 || hour > 23 || (match[3] && (hour < 1 || hour > 12))) return undefined
  const hours = match[3] ? (hour % 12) + (match[3] === 'pm' ? 12 : 0) : hour
  return { time: `${String(hours).padStart(2, '0')}:${String(minute).padStart(2, '0')}`, count: suffix ? 2 : 1 }
}
