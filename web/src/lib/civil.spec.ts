// Specs of civil dates and of instants around clock changes.
import { describe, expect, it } from 'vitest'
import { addDays, addMonths, civil, dateIn, daysBetween, toInstant, timeIn, weekdayOf } from './civil'

describe('civil dates', () => {
  it('exist in the calendar', () => {
    expect(civil(2026, 12, 24)).toBe('2026-12-24')
    expect(civil(2028, 2, 29)).toBe('2028-02-29')
    expect(civil(2026, 2, 29)).toBeUndefined()
    expect(civil(2026, 13, 1)).toBeUndefined()
    expect(civil(2026, 0, 1)).toBeUndefined()
  })

  it('are added across months, years and clock changes', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2026-03-28', 1)).toBe('2026-03-29')
    expect(addDays('2026-03-29', 1)).toBe('2026-03-30')
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28')
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-28')
    expect(addMonths('2026-11-30', 3)).toBe('2027-02-28')
    expect(daysBetween('2026-03-01', '2026-04-01')).toBe(31)
    expect(weekdayOf('2026-11-21')).toBe(6)
    expect(weekdayOf('2026-11-22')).toBe(7)
  })
})

describe('toInstant', () => {
  it.each([
    ['Europe/Berlin', '2026-07-01', '17:00', '2026-07-01T15:00:00.000Z'],
    ['Europe/Berlin', '2026-12-01', '17:00', '2026-12-01T16:00:00.000Z'],
    ['America/New_York', '2026-12-01', '17:00', '2026-12-01T22:00:00.000Z'],
    ['Asia/Kolkata', '2026-12-01', '00:15', '2026-11-30T18:45:00.000Z'],
    ['Pacific/Auckland', '2026-12-01', '08:00', '2026-11-30T19:00:00.000Z'],
    ['Australia/Lord_Howe', '2026-07-01', '12:00', '2026-07-01T01:30:00.000Z'],
  ])('converts %s %s %s to %s and back', (zone, date, time, iso) => {
    const instant = toInstant(zone, date, time)
    expect(instant.toISOString()).toBe(iso)
    expect(dateIn(zone, instant)).toBe(date)
    expect(timeIn(zone, instant)).toBe(time)
  })

  it.each([
    ['Europe/Berlin', '2026-03-29', '02:30', '03:30'],
    ['America/New_York', '2026-03-08', '02:30', '03:30'],
    ['Australia/Lord_Howe', '2026-10-04', '02:10', '02:40'],
  ])('moves a time skipped in %s forward', (zone, date, time, shown) => {
    const instant = toInstant(zone, date, time)
    expect(dateIn(zone, instant)).toBe(date)
    expect(timeIn(zone, instant)).toBe(shown)
  })

  it.each([
    ['Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30:00.000Z'],
    ['America/New_York', '2026-11-01', '01:30', '2026-11-01T05:30:00.000Z'],
  ])('takes the first of two equal times in %s', (zone, date, time, iso) => {
    expect(toInstant(zone, date, time).toISOString()).toBe(iso)
  })

  it('uses the date of the zone close to midnight', () => {
    const instant = new Date('2026-11-21T23:30:00Z')
    expect(dateIn('Europe/Berlin', instant)).toBe('2026-11-22')
    expect(dateIn('America/New_York', instant)).toBe('2026-11-21')
    expect(dateIn('No/Where', instant)).toBe('2026-11-21')
  })
})
