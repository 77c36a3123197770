// Specs of the quick add parser: recognized parts, and words that stay in the title.
import { describe, expect, it } from 'vitest'
import { escapePart, parseQuickAdd, type QuickAddContext } from './quickAddParser'

/** A Saturday, a quarter past three in the afternoon in Berlin. */
const NOW = new Date('2026-11-21T14:15:00Z')
const LISTS = [
  { id: 'flat', name: 'Flat' },
  { id: 'garden', name: 'Garden and balcony' },
  { id: 'gifts', name: 'Gifts' },
]
const context = (more: Partial<QuickAddContext> = {}): QuickAddContext => ({
  now: NOW,
  zone: 'Europe/Berlin',
  lists: LISTS,
  tags: ['Home', 'to call'],
  ...more,
})
const parse = (line: string, more?: Partial<QuickAddContext>) => parseQuickAdd(line, context(more))
const due = (line: string, more?: Partial<QuickAddContext>) => {
  const task = parse(line, more)
  return task.due && (task.due.isDate ? task.due.at.slice(0, 10) : task.due.at)
}

describe('a line', () => {
  it('has a title, a day, a priority and a tag', () => {
    expect(parse('Pay rent tomorrow !2 #home')).toMatchObject({
      title: 'Pay rent',
      due: { at: '2026-11-22T00:00:00Z', isDate: true },
      priority: 2,
      tags: ['Home'],
    })
  })

  it('can be only a title', () => {
    expect(parse('Water the plants')).toEqual({ title: 'Water the plants', priority: 0, tags: [], parts: [] })
    expect(parse('   ')).toMatchObject({ title: '', parts: [] })
  })

  it('keeps the order and the ranges of the parts', () => {
    const line = '#garden Pay rent !1 on 24 Dec at 17:00'
    expect(parse(line).parts.map((part) => part.ranges.map(([from, to]) => line.slice(from, to)))).toEqual([
      ['#garden'],
      ['!1'],
      ['on 24 Dec', 'at 17:00'],
    ])
  })
})

describe('a day', () => {
  it.each([
    ['today', '2026-11-21'],
    ['Tomorrow', '2026-11-22'],
    ['tmrw', '2026-11-22'],
    ['monday', '2026-11-23'],
    ['Friday', '2026-11-27'],
    ['saturday', '2026-11-28'],
    ['on sunday', '2026-11-22'],
    ['on Sat', '2026-11-28'],
    ['by fri', '2026-11-27'],
    ['this tuesday', '2026-11-24'],
    ['next monday', '2026-11-23'],
    ['next saturday', '2026-11-28'],
    ['next sun', '2026-11-29'],
    ['next week', '2026-11-23'],
    ['next month', '2026-12-01'],
    ['in 3 days', '2026-11-24'],
    ['in a week', '2026-11-28'],
    ['in 2 weeks', '2026-12-05'],
    ['in 1 month', '2026-12-21'],
    ['in 3 months', '2027-02-21'],
    ['2026-12-24', '2026-12-24'],
    ['24.12.', '2026-12-24'],
    ['24.12.2027', '2027-12-24'],
    ['1.2.27', '2027-02-01'],
    ['24 Dec', '2026-12-24'],
    ['24th of December', '2026-12-24'],
    ['Dec 24', '2026-12-24'],
    ['December 24th 2027', '2027-12-24'],
    ['3 sept', '2027-09-03'],
    ['21 Nov', '2026-11-21'],
    ['20 Nov', '2027-11-20'],
    ['29 Feb', '2028-02-29'],
    ['due tomorrow', '2026-11-22'],
    ['tomorrow,', '2026-11-22'],
  ])('%s is %s', (text, date) => {
    expect(due(`Call Ana ${text}`)).toBe(date)
    expect(parse(`Call Ana ${text}`).title).toBe('Call Ana')
    expect(parse(`${text} Call Ana`).title).toBe('Call Ana')
  })

  it.each([
    '31 Feb',
    '2026-13-01',
    '2026-02-30',
    '32.1.',
    '24.12',
    'sun',
    'may',
    'in 0 days',
    'in the garden',
    'next',
    'next door',
    '7',
    'march on',
    '25:00',
    '5',
    '5:7',
    '13pm',
    'at home',
    'by heart',
    'on',
  ])('%s is none', (text) => {
    expect(due(`Buy ${text}`)).toBeUndefined()
    expect(parse(`Buy ${text}`).title).toBe(`Buy ${text}`)
  })

  it('on a Monday, "monday" and "next monday" are a week later', () => {
    const now = new Date('2026-11-23T09:00:00Z')
    expect(due('x monday', { now })).toBe('2026-11-30')
    expect(due('x next monday', { now })).toBe('2026-11-30')
    expect(due('x next sunday', { now })).toBe('2026-12-06')
  })

  it('is a day of the time zone of the account, not of the browser', () => {
    const now = new Date('2026-11-21T23:30:00Z')
    expect(due('x today', { now })).toBe('2026-11-22')
    expect(due('x today', { now, zone: 'America/New_York' })).toBe('2026-11-21')
    expect(due('x tomorrow', { now, zone: 'Pacific/Auckland' })).toBe('2026-11-23')
  })

  it('that is named twice is the last one; the other stays in the title', () => {
    expect(parse('Plan tomorrow for Friday')).toMatchObject({
      title: 'Plan tomorrow for',
      due: { at: '2026-11-27T00:00:00Z' },
    })
  })
})

describe('a time', () => {
  it.each([
    ['17:00', '2026-11-21T16:00:00Z'],
    ['at 5pm', '2026-11-21T16:00:00Z'],
    ['5:30 pm', '2026-11-21T16:30:00Z'],
    ['12am', '2026-11-21T23:00:00Z'],
    ['noon', '2026-11-22T11:00:00Z'],
    ['9:05', '2026-11-22T08:05:00Z'],
    ['tomorrow 17:00', '2026-11-22T16:00:00Z'],
    ['17:00 tomorrow', '2026-11-22T16:00:00Z'],
    ['tomorrow at 5 pm', '2026-11-22T16:00:00Z'],
    ['24 Dec 8am', '2026-12-24T07:00:00Z'],
    ['in 2 hours', '2026-11-21T16:15:00Z'],
    ['in 30 minutes', '2026-11-21T14:45:00Z'],
  ])('%s is %s', (text, moment) => {
    expect(parse(`Call Ana ${text}`)).toMatchObject({ title: 'Call Ana', due: { at: moment, isDate: false } })
  })

  it('may be apart from its day', () => {
    expect(parse('Tomorrow meet Jon 17:00 at the gate')).toMatchObject({
      title: 'meet Jon at the gate',
      due: { at: '2026-11-22T16:00:00Z' },
    })
  })

  it.each([
    ['Europe/Berlin', '2026-03-28T12:00:00Z', 'tomorrow 1:30', '2026-03-29T00:30:00Z'],
    ['Europe/Berlin', '2026-03-28T12:00:00Z', 'tomorrow 2:30', '2026-03-29T01:30:00Z'],
    ['Europe/Berlin', '2026-03-28T12:00:00Z', 'tomorrow 17:00', '2026-03-29T15:00:00Z'],
    ['Europe/Berlin', '2026-10-24T12:00:00Z', 'tomorrow 2:30', '2026-10-25T00:30:00Z'],
    ['America/New_York', '2026-10-31T16:00:00Z', 'tomorrow 17:00', '2026-11-01T22:00:00Z'],
    ['Australia/Sydney', '2026-10-03T02:00:00Z', 'tomorrow 17:00', '2026-10-04T06:00:00Z'],
  ])('in %s at %s: %s is %s across a clock change', (zone, now, text, moment) => {
    expect(due(`x ${text}`, { zone, now: new Date(now) })).toBe(moment)
  })
})

describe('prefixes', () => {
  it('! sets a priority from 1 to 4; the last one counts', () => {
    expect(parse('Call !1')).toMatchObject({ title: 'Call', priority: 1 })
    expect(parse('Call !5 Ana!')).toMatchObject({ title: 'Call !5 Ana!', priority: 0 })
    expect(parse('!3 Call !1')).toMatchObject({ title: '!3 Call', priority: 1 })
  })

  it('# adds a tag in its existing spelling, once, and no numbers', () => {
    expect(parse('a #HOME #home #garden, b')).toMatchObject({ title: 'a #home b', tags: ['Home', 'garden'] })
    expect(parse('Fix #12 and # and ##x')).toMatchObject({ title: 'Fix #12 and # and ##x', tags: [] })
    expect(parse('a #été #日本')).toMatchObject({ title: 'a', tags: ['été', '日本'] })
    expect(parse(`a #${'x'.repeat(51)}`).tags).toEqual([])
  })

  it('+ names a list by its whole name or an unambiguous word', () => {
    expect(parse('Seeds +garden and balcony tomorrow')).toMatchObject({
      title: 'Seeds',
      list: { id: 'garden' },
      due: { at: '2026-11-22T00:00:00Z' },
    })
    expect(parse('Seeds +GardenAndBalcony')).toMatchObject({ title: 'Seeds', list: { id: 'garden' } })
    expect(parse('Seeds +ga')).toMatchObject({ title: 'Seeds', list: { id: 'garden' } })
    expect(parse('Seeds +g')).not.toHaveProperty('list')
    expect(parse('Jon +1 and +nowhere').title).toBe('Jon +1 and +nowhere')
    expect(parse('Rent +Flat +Gifts')).toMatchObject({ title: 'Rent +Flat', list: { id: 'gifts' } })
  })
})

describe('a backslash', () => {
  it('keeps a word in the title', () => {
    expect(parse('Read \\tomorrow by \\#home \\!1 \\+Flat')).toEqual({
      title: 'Read tomorrow by #home !1 +Flat',
      priority: 0,
      tags: [],
      parts: [],
    })
    expect(parse('\\next monday')).toMatchObject({ title: 'next', due: { at: '2026-11-23T00:00:00Z' } })
  })

  it('is doubled at the start of a word, not inside', () => {
    expect(parse('clean C:\\temp \\\\server \\').title).toBe('clean C:\\temp \\server \\')
  })

  it.each(['Pay rent tomorrow !2 #home', 'x next monday at 5 pm +garden and balcony', 'in 3 days go 17:00'])(
    'escapes every part of “%s” without losing a word',
    (line) => {
      let text = line
      for (let part = parse(text).parts[0]; part; part = parse(text).parts[0]) text = escapePart(text, part)
      expect(parse(text).title).toBe(line)
    },
  )

  it('escapes only the given part', () => {
    const line = 'Pay rent tomorrow !2 #home'
    const [day] = parse(line).parts
    expect(escapePart(line, day!)).toBe('Pay rent \\tomorrow !2 #home')
    expect(parse(escapePart(line, day!))).toMatchObject({ title: 'Pay rent tomorrow', priority: 2, tags: ['Home'] })
  })
})
