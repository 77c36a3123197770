// Formats dates and times. The input is RFC 3339.

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** "now", "12 min ago", "14:05", "yesterday", "3 May", "3 May 2024". */
export function shortTime(iso: string, now: Date = new Date()): string {
  const date = new Date(iso)
  const age = now.getTime() - date.getTime()
  if (age < MINUTE) return 'now'
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`
  const days = calendarDays(date, now)
  if (days === 0) return date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  if (days < 7) return RELATIVE.format(-days, 'day')
  return shortDate(iso, now)
}

export function fullTime(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', { dateStyle: 'full', timeStyle: 'short' })
}

function calendarDays(from: Date, to: Date): number {
  const start = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  return Math.round((start(to) - start(from)) / (24 * HOUR))
}

/** "just now", "12 minutes ago", "3 hours ago", "yesterday", "on 3 May", "on 3 May 2024". */
export function timeAgo(iso: string, now: Date = new Date()): string {
  const date = new Date(iso)
  const age = now.getTime() - date.getTime()
  if (age < 2 * MINUTE) return 'just now'
  if (age < HOUR) return RELATIVE.format(-Math.floor(age / MINUTE), 'minute')
  const days = calendarDays(date, now)
  if (age < 12 * HOUR || days === 0) return RELATIVE.format(-Math.floor(age / HOUR), 'hour')
  if (days < 7) return RELATIVE.format(-days, 'day')
  return `on ${shortDate(iso, now)}`
}

/** "3 Sep", "3 Sep 2024". */
export function shortDate(iso: string, now: Date = new Date()): string {
  const date = new Date(iso)
  const sameYear = date.getFullYear() === now.getFullYear()
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) })
}

/** "3 September", "3 September 2027". */
export function longDate(iso: string, now: Date = new Date()): string {
  const date = new Date(iso)
  const sameYear = date.getFullYear() === now.getFullYear()
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) })
}
