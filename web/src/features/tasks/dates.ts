// Formats due and start dates in the account's time zone and classifies them (overdue, today, later). A due date without
// a time is the same day in every time zone.
import { computed } from 'vue'
import { useSession } from '@/features/accounts/session'
import { addDays, dateIn, daysBetween, timeIn, weekdayOf, type CivilDate } from '@/lib/civil'
import { useNow } from '@/lib/page'
import type { Due } from './quickAddParser'

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const WEEK = 7

export type Urgency = 'overdue' | 'today' | 'later'

export interface DueText {
  text: string
  urgency: Urgency
}

interface Dated {
  due_at?: string | null
  due_is_date: boolean
}

export const dueOf = (task: Dated): Due | undefined =>
  task.due_at ? { at: task.due_at, isDate: task.due_is_date } : undefined

export const dayOf = (due: Due, zone: string): CivilDate =>
  due.isDate ? due.at.slice(0, 10) : dateIn(zone, new Date(due.at))
export const timeOf = (due: Due, zone: string): string => (due.isDate ? '' : timeIn(zone, new Date(due.at)))

export function urgencyOf(due: Due, zone: string, now: Date): Urgency {
  const [day, today] = [dayOf(due, zone), dateIn(zone, now)]
  if (day < today || (!due.isDate && Date.parse(due.at) < now.getTime())) return 'overdue'
  return day === today ? 'today' : 'later'
}

/** "Today", "Tomorrow 17:00", "Friday", "3 Dec", "3 Dec 2027" */
export function dayText(day: CivilDate, today: CivilDate): string {
  const away = daysBetween(today, day)
  if (away === 0) return 'Today'
  if (away === 1) return 'Tomorrow'
  if (away === -1) return 'Yesterday'
  if (away > 1 && away < WEEK) return DAYS[weekdayOf(day) - 1]!
  return shortDay(day, day.slice(0, 4) !== today.slice(0, 4))
}

/** "3 Dec", "3 Dec 2027" */
export const shortDay = (day: CivilDate, year = false): string =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
    ...(year ? { year: 'numeric' } : {}),
  })

export function describeDue(due: Due, zone: string, now: Date): DueText {
  const text = [dayText(dayOf(due, zone), dateIn(zone, now)), timeOf(due, zone)].filter(Boolean).join(' ')
  return { text, urgency: urgencyOf(due, zone, now) }
}

/** For the tooltip of a short date. */
export const fullDay = (day: CivilDate): string =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', { timeZone: 'UTC', dateStyle: 'full' })

export type Bucket = 'Overdue' | 'Today' | 'Tomorrow' | 'Next 7 days' | 'Later' | 'No date'
export const BUCKETS: readonly Bucket[] = ['Overdue', 'Today', 'Tomorrow', 'Next 7 days', 'Later', 'No date']

export function bucketOf(task: Dated, zone: string, now: Date): Bucket {
  const due = dueOf(task)
  if (!due) return 'No date'
  const urgency = urgencyOf(due, zone, now)
  if (urgency !== 'later') return urgency === 'today' ? 'Today' : 'Overdue'
  const [day, today] = [dayOf(due, zone), dateIn(zone, now)]
  if (day === addDays(today, 1)) return 'Tomorrow'
  return day <= addDays(today, WEEK) ? 'Next 7 days' : 'Later'
}

/** The time zone of the account, and the current time, updated every 30 seconds. */
export function useClock() {
  const { state } = useSession()
  const now = useNow()
  const zone = computed(() => state.user?.time_zone || Intl.DateTimeFormat().resolvedOptions().timeZone)
  const today = computed(() => dateIn(zone.value, now.value))
  return { zone, now, today }
}
