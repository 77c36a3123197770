// Owns the promises of civil dates: no day is lost or doubled by clocks that change. Refuses words for them.
import { describe, expect, it } from 'vitest'
import { addDays, addMonths, civil, dateIn, daysBetween, momentOf, timeIn, weekdayOf } from './civil'

describe('a civil date', () => {
  it('is only what is in the calendar', () => {
    expect(civil(2026, 12, 24)).toBe('2026-12-24')
    expect(civil(2028, 2, 29)).toBe('2028-02-29')
    expect(civil(2026, 2, 29)).toBeUndefined()
    expect(civil(2026, 13, 1)).toBeUndefined()
    expect(civil(2026, 0, 1)).toBeUndefined()
  })

  it('is counted on over months, years, and days on which clocks change', () => {
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

describe('a moment', () => {
  it.each([
    ['Europe/Berlin', '2026-07-01', '17:00', '2026-07-01T15:00:00.000Z'],
    ['Europe/Berlin', '2026-12-01', '17:00', '2026-12-01T16:00:00.000Z'],
    ['America/New_York', '2026-12-01', '17:00', '2026-12-01T22:00:00.000Z'],
    ['Asia/Kolkata', '2026-12-01', '00:15', '2026-11-30T18:45:00.000Z'],
    ['Pacific/Auckland', '2026-12-01', '08:00', '2026-11-30T19:00:00.000Z'],
    ['Australia/Lord_Howe', '2026-07-01', '12:00', '2026-07-01T01:30:00.000Z'],
  ])('in %s on %s at %s is %s, and back', (zone, date, time, iso) => {
    const moment = momentOf(zone, date, time)
    expect(moment.toISOString()).toBe(iso)
    expect(dateIn(zone, moment)).toBe(date)
    expect(timeIn(zone, moment)).toBe(time)
  })

  it.each([
    ['Europe/Berlin', '2026-03-29', '02:30', '03:30'],
    ['America/New_York', '2026-03-08', '02:30', '03:30'],
    ['Australia/Lord_Howe', '2026-10-04', '02:10', '02:40'],
  ])('in %s that the clocks jump over is as much later', (zone, date, time, shown) => {
    const moment = momentOf(zone, date, time)
    expect(dateIn(zone, moment)).toBe(date)
    expect(timeIn(zone, moment)).toBe(shown)
  })

  it.each([
    ['Europe/Berlin', '2026-10-25', '02:30', '2026-10-25T00:30:00.000Z'],
    ['America/New_York', '2026-11-01', '01:30', '2026-11-01T05:30:00.000Z'],
  ])('in %s that the clocks show twice is the first', (zone, date, time, iso) => {
    expect(momentOf(zone, date, time).toISOString()).toBe(iso)
  })

  it('close to midnight is on the day of the zone', () => {
    const moment = new Date('2026-11-21T23:30:00Z')
    expect(dateIn('Europe/Berlin', moment)).toBe('2026-11-22')
    expect(dateIn('America/New_York', moment)).toBe('2026-11-21')
    expect(dateIn('No/Where', moment)).toBe('2026-11-21')
  })
})
