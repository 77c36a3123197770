// Owns the promises of quick add: what is understood, what stays in the title, and that no word is lost. Refuses
// the field it is typed into.
import { describe, expect, it } from 'vitest'
import { keepAsWords, parseQuickAdd, type QuickContext } from './quickAddParser'

/** A Saturday, a quarter past three in the afternoon in Berlin. */
const NOW = new Date('2026-11-21T14:15:00Z')
const LISTS = [
  { id: 'flat', name: 'Flat' },
  { id: 'garden', name: 'Garden and balcony' },
  { id: 'gifts', name: 'Gifts' },
]
const context = (more: Partial<QuickContext> = {}): QuickContext => ({
  now: NOW,
  zone: 'Europe/Berlin',
  lists: LISTS,
  tags: ['Home', 'to call'],
  ...more,
})
const read = (line: string, more?: Partial<QuickContext>) => parseQuickAdd(line, context(more))
const due = (line: string, more?: Partial<QuickContext>) => {
  const task = read(line, more)
  return task.due && (task.due.isDate ? task.due.at.slice(0, 10) : task.due.at)
}

describe('the line', () => {
  it('says title, day, priority and tag', () => {
    expect(read('Pay rent tomorrow !2 #home')).toMatchObject({
      title: 'Pay rent',
      due: { at: '2026-11-22T00:00:00Z', isDate: true },
      priority: 2,
      tags: ['Home'],
    })
  })

  it('is only a title where nothing is said', () => {
    expect(read('Water the plants')).toEqual({ title: 'Water the plants', priority: 0, tags: [], parts: [] })
    expect(read('   ')).toMatchObject({ title: '', parts: [] })
  })

  it('keeps the order of what was understood, and where it stood', () => {
    const line = '#garden Pay rent !1 on 24 Dec at 17:00'
    expect(read(line).parts.map((part) => part.ranges.map(([from, to]) => line.slice(from, to)))).toEqual([
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
  ])('%s is %s', (words, date) => {
    expect(due(`Call Ana ${words}`)).toBe(date)
    expect(read(`Call Ana ${words}`).title).toBe('Call Ana')
    expect(read(`${words} Call Ana`).title).toBe('Call Ana')
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
  ])('%s is none', (words) => {
    expect(due(`Buy ${words}`)).toBeUndefined()
    expect(read(`Buy ${words}`).title).toBe(`Buy ${words}`)
  })

  it('on a Monday: monday is a week off, next monday as well', () => {
    const now = new Date('2026-11-23T09:00:00Z')
    expect(due('x monday', { now })).toBe('2026-11-30')
    expect(due('x next monday', { now })).toBe('2026-11-30')
    expect(due('x next sunday', { now })).toBe('2026-12-06')
  })

  it('is the day of the zone, not of the browser', () => {
    const now = new Date('2026-11-21T23:30:00Z')
    expect(due('x today', { now })).toBe('2026-11-22')
    expect(due('x today', { now, zone: 'America/New_York' })).toBe('2026-11-21')
    expect(due('x tomorrow', { now, zone: 'Pacific/Auckland' })).toBe('2026-11-23')
  })

  it('that is named twice is the last one; the other stays a word', () => {
    expect(read('Plan tomorrow for Friday')).toMatchObject({
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
  ])('%s is %s', (words, moment) => {
    expect(read(`Call Ana ${words}`)).toMatchObject({ title: 'Call Ana', due: { at: moment, isDate: false } })
  })

  it('may stand apart from its day', () => {
    expect(read('Tomorrow meet Jon 17:00 at the gate')).toMatchObject({
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
  ])('in %s, said at %s: %s is %s, whatever the clocks do', (zone, now, words, moment) => {
    expect(due(`x ${words}`, { zone, now: new Date(now) })).toBe(moment)
  })
})

describe('signs', () => {
  it('of priority are ! and one to four; the last one counts', () => {
    expect(read('Call !1')).toMatchObject({ title: 'Call', priority: 1 })
    expect(read('Call !5 Ana!')).toMatchObject({ title: 'Call !5 Ana!', priority: 0 })
    expect(read('!3 Call !1')).toMatchObject({ title: '!3 Call', priority: 1 })
  })

  it('of tags take the spelling in use, each tag once, and no numbers', () => {
    expect(read('a #HOME #home #garden, b')).toMatchObject({ title: 'a #home b', tags: ['Home', 'garden'] })
    expect(read('Fix #12 and # and ##x')).toMatchObject({ title: 'Fix #12 and # and ##x', tags: [] })
    expect(read('a #été #日本')).toMatchObject({ title: 'a', tags: ['été', '日本'] })
    expect(read(`a #${'x'.repeat(51)}`).tags).toEqual([])
  })

  it('of lists take whole names of many words, one word where it is clear, and no list that is not there', () => {
    expect(read('Seeds +garden and balcony tomorrow')).toMatchObject({
      title: 'Seeds',
      list: { id: 'garden' },
      due: { at: '2026-11-22T00:00:00Z' },
    })
    expect(read('Seeds +GardenAndBalcony')).toMatchObject({ title: 'Seeds', list: { id: 'garden' } })
    expect(read('Seeds +ga')).toMatchObject({ title: 'Seeds', list: { id: 'garden' } })
    expect(read('Seeds +g')).not.toHaveProperty('list')
    expect(read('Jon +1 and +nowhere').title).toBe('Jon +1 and +nowhere')
    expect(read('Rent +Flat +Gifts')).toMatchObject({ title: 'Rent +Flat', list: { id: 'gifts' } })
  })
})

describe('a backslash', () => {
  it('keeps a word in the title', () => {
    expect(read('Read \\tomorrow by \\#home \\!1 \\+Flat')).toEqual({
      title: 'Read tomorrow by #home !1 +Flat',
      priority: 0,
      tags: [],
      parts: [],
    })
    expect(read('\\next monday')).toMatchObject({ title: 'next', due: { at: '2026-11-23T00:00:00Z' } })
  })

  it('is itself written twice at the beginning of a word, once inside', () => {
    expect(read('clean C:\\temp \\\\server \\').title).toBe('clean C:\\temp \\server \\')
  })

  it.each(['Pay rent tomorrow !2 #home', 'x next monday at 5 pm +garden and balcony', 'in 3 days go 17:00'])(
    'puts every part of “%s” back, and no word is lost',
    (line) => {
      let text = line
      for (let part = read(text).parts[0]; part; part = read(text).parts[0]) text = keepAsWords(text, part)
      expect(read(text).title).toBe(line)
    },
  )

  it('takes back only the part that was meant', () => {
    const line = 'Pay rent tomorrow !2 #home'
    const [day] = read(line).parts
    expect(keepAsWords(line, day!)).toBe('Pay rent \\tomorrow !2 #home')
    expect(read(keepAsWords(line, day!))).toMatchObject({ title: 'Pay rent tomorrow', priority: 2, tags: ['Home'] })
  })
})
