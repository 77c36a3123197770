// Civil dates ("2026-12-24") and wall-clock times of a time zone, in the Gregorian calendar.
//
// Intl knows the rules of every zone; the arithmetic that it lacks is here. A polyfill of Temporal would add 20 kB. Once
// browsers have Temporal, it replaces this file.

export type CivilDate = string

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const formats = new Map<string, Intl.DateTimeFormat>()

const two = (value: number) => String(value).padStart(2, '0')
const epoch = (date: CivilDate) => Date.parse(`${date}T00:00:00Z`)
const ofEpoch = (ms: number): CivilDate => new Date(ms).toISOString().slice(0, 10)

/** Returns undefined for dates that do not exist, such as 31 February. */
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

/** The same day of a later month, or the last day of that month. */
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
    // Zones that this browser does not know are shown as UTC.
    try {
      format = new Intl.DateTimeFormat('en-US', { ...fields, hourCycle: 'h23', timeZone: zone })
    } catch {
      format = new Intl.DateTimeFormat('en-US', { ...fields, hourCycle: 'h23', timeZone: 'UTC' })
    }
    formats.set(zone, format)
  }
  return format
}

/** The wall-clock time of the zone, as if it were UTC. */
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

export const dateIn = (zone: string, instant: Date): CivilDate => ofEpoch(wallClock(zone, instant.getTime()))

/** "17:05" */
export const timeIn = (zone: string, instant: Date): string =>
  new Date(wallClock(zone, instant.getTime())).toISOString().slice(11, 16)

/** The instant of a wall-clock time. A time skipped when clocks go forward counts from before the change (02:30 becomes
 *  03:30); of a time that occurs twice it is the first. */
export function toInstant(zone: string, date: CivilDate, time: string): Date {
  const wall = Date.parse(`${date}T${time}:00Z`)
  const before = offset(zone, wall - DAY_MS)
  const after = offset(zone, wall + DAY_MS)
  const candidates = [...new Set([before, after])]
    .map((by) => ({ ms: wall - by, by }))
    .filter(({ ms, by }) => offset(zone, ms) === by)
  const ms = candidates.length > 0 ? Math.min(...candidates.map((candidate) => candidate.ms)) : wall - before
  return new Date(ms)
}

export const addMinutes = (instant: Date, minutes: number) => new Date(instant.getTime() + minutes * MINUTE_MS)
