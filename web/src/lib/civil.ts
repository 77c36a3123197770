// Owns civil dates ("2026-12-24") and what a wall clock shows in a time zone. Refuses durations and calendars
// other than the Gregorian one.
//
// No library: the browser's own Intl knows every zone and its rules, and the few lines of arithmetic here are
// all that is missing. A polyfill of Temporal is 20 kB for them; when browsers bring Temporal, this file goes.

export type CivilDate = string

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const formats = new Map<string, Intl.DateTimeFormat>()

const two = (value: number) => String(value).padStart(2, '0')
const epoch = (date: CivilDate) => Date.parse(`${date}T00:00:00Z`)
const ofEpoch = (ms: number): CivilDate => new Date(ms).toISOString().slice(0, 10)

/** Nothing for a day that is in no calendar: the 31st of February, the year 0. */
export function civil(year: number, month: number, day: number): CivilDate | undefined {
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
  if (year < 1 || year > 9999 || Number.isNaN(epoch(date)) || ofEpoch(epoch(date)) !== date) return undefined
  return date
}

export const partsOf = (date: CivilDate) => ({
  year: Number(date.slice(0, 4)),
  month: Number(date.slice(5, 7)),
  day: Number(date.slice(8, 10)),
})

export const addDays = (date: CivilDate, days: number): CivilDate => ofEpoch(epoch(date) + days * DAY_MS)

/** The same day of a later month, or that month's last. */
export function addMonths(date: CivilDate, months: number): CivilDate {
  const { year, month, day } = partsOf(date)
  const first = new Date(Date.UTC(year, month - 1 + months, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return civil(first.getUTCFullYear(), first.getUTCMonth() + 1, Math.min(day, last))!
}

export const daysBetween = (from: CivilDate, to: CivilDate): number => Math.round((epoch(to) - epoch(from)) / DAY_MS)

/** 1 is Monday, 7 is Sunday. */
export const weekdayOf = (date: CivilDate): number => new Date(epoch(date)).getUTCDay() || 7

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    const fields = {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    } as const
    // A zone this browser does not know is shown as UTC, rather than not at all.
    try {
      format = new Intl.DateTimeFormat('en-US', { ...fields, hourCycle: 'h23', timeZone: zone })
    } catch {
      format = new Intl.DateTimeFormat('en-US', { ...fields, hourCycle: 'h23', timeZone: 'UTC' })
    }
    formats.set(zone, format)
  }
  return format
}

/** What the clock on the wall shows, as if it were UTC. */
function wallClock(zone: string, ms: number): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

const offset = (zone: string, ms: number): number => wallClock(zone, ms) - Math.floor(ms / 1000) * 1000

/** The day a moment falls on there. */
export const dateIn = (zone: string, moment: Date): CivilDate => ofEpoch(wallClock(zone, moment.getTime()))

/** "17:05" */
export const timeIn = (zone: string, moment: Date): string =>
  new Date(wallClock(zone, moment.getTime())).toISOString().slice(11, 16)

/** The moment at which the clocks there show this. Where they are put forward over it, as much later; where they
 *  show it twice, the first time. */
export function momentOf(zone: string, date: CivilDate, time: string): Date {
  const wall = Date.parse(`${date}T${time}:00Z`)
  const before = offset(zone, wall - DAY_MS)
  const after = offset(zone, wall + DAY_MS)
  const fits = [...new Set([before, after])]
    .map((by) => ({ ms: wall - by, by }))
    .filter(({ ms, by }) => offset(zone, ms) === by)
  const ms = fits.length > 0 ? Math.min(...fits.map((one) => one.ms)) : wall - before
  return new Date(ms)
}

export const addMinutes = (moment: Date, minutes: number) => new Date(moment.getTime() + minutes * MINUTE_MS)
