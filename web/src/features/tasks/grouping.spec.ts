// Owns the promises of headings: each task under exactly one, in the right order, whatever the time zone. Refuses
// the screen.
import { describe, expect, it } from 'vitest'
import { makeList, makeTask } from '@/testing/tasks'
import { bucketOf, describeDue } from './dates'
import { doneSections, rowsOf, sectionsOf } from './grouping'
import type { Grouping } from './containers'

const NOW = new Date('2026-11-21T14:15:00Z')
const context = {
  zone: 'Europe/Berlin',
  now: NOW,
  lists: [makeList('flat', 'Flat'), makeList('work', 'Work')],
  oneList: false,
}
const day = (date: string) => ({ due_at: `${date}T00:00:00Z`, due_is_date: true })
const TASKS = [
  makeTask({ id: '1', ...day('2026-11-22') }),
  makeTask({ id: '2', ...day('2026-11-20'), priority: 1 }),
  makeTask({ id: '3', due_at: '2026-11-21T10:00:00Z', list_id: 'flat' }),
  makeTask({ id: '4', ...day('2026-11-21'), list_id: 'work', priority: 4 }),
  makeTask({ id: '5', list_id: 'gone', status: 'doing' }),
  makeTask({ id: '6', ...day('2026-11-28'), priority: 4 }),
  makeTask({ id: '7', ...day('2026-11-29') }),
]
const shape = (grouping: Grouping, more = {}) =>
  sectionsOf(TASKS, grouping, { ...context, ...more }).map(
    ({ title, tasks }) => `${title}: ${tasks.map(({ id }) => id).join(' ')}`,
  )

describe('headings', () => {
  it('by due date', () => {
    expect(shape('due')).toEqual([
      'Overdue: 2 3',
      'Today: 4',
      'Tomorrow: 1',
      'Next 7 days: 6',
      'Later: 7',
      'No date: 5',
    ])
  })

  it('by list, in the order of the lists; a list that is not there loses nobody', () => {
    expect(shape('list')).toEqual(['Inbox: 1 2 6 7', 'Flat: 3', 'Work: 4', 'Other lists: 5'])
  })

  it('by priority, the soonest first', () => {
    expect(shape('priority')).toEqual(['4 Urgent: 4 6', '1 Low: 2', 'No priority: 3 1 7 5'])
  })

  it('may be none; then an order by hand holds within one list only', () => {
    expect(shape('none')).toEqual(['Tasks: 1 2 3 4 5 6 7'])
    expect(sectionsOf(TASKS, 'none', context)[0]!.byHand).toBe(false)
    expect(sectionsOf(TASKS, 'none', { ...context, oneList: true })[0]!.byHand).toBe(true)
  })

  it('of what was done are its days', () => {
    const done = [
      makeTask({ id: 'a', completed_at: '2026-11-21T08:00:00Z' }),
      makeTask({ id: 'b', completed_at: '2026-11-20T08:00:00Z' }),
      makeTask({ id: 'c', completed_at: '2026-11-20T07:00:00Z' }),
    ]
    expect(
      doneSections(done, (iso) => iso.slice(0, 10), '2026-11-21').map(({ title, tasks }) => [title, tasks.length]),
    ).toEqual([
      ['Today', 1],
      [expect.stringMatching(/^Friday,? 20 November 2026$/), 2],
    ])
  })
})

describe('parts of a task', () => {
  const tasks = [
    makeTask({ id: 'a' }),
    makeTask({ id: 'x', parent_id: 'b' }),
    makeTask({ id: 'b' }),
    makeTask({ id: 'y', parent_id: 'b' }),
    makeTask({ id: 'z', parent_id: 'gone' }),
  ]
  const rows = (folded: string[] = []) =>
    rowsOf(tasks, new Set(folded)).map(
      ({ task, depth, parts }) => `${'-'.repeat(depth)}${task.id}${parts.length || ''}`,
    )

  it('stand below it, and alone where it is not there', () => expect(rows()).toEqual(['a', 'b2', '-x', '-y', 'z']))
  it('are folded away, their number is not', () => expect(rows(['b', 'a'])).toEqual(['a', 'b2', 'z']))
})

describe('a due date', () => {
  it.each([
    ['2026-11-20', 'Yesterday', 'overdue'],
    ['2026-11-21', 'Today', 'today'],
    ['2026-11-22', 'Tomorrow', 'later'],
    ['2026-11-27', 'Friday', 'later'],
    ['2026-11-28', '28 Nov', 'later'],
    ['2027-01-02', '2 Jan 2027', 'later'],
    ['2026-11-01', '1 Nov', 'overdue'],
  ])('%s is told as %s', (date, words, urgency) => {
    expect(describeDue({ at: `${date}T00:00:00Z`, isDate: true }, 'Europe/Berlin', NOW)).toEqual({ words, urgency })
  })

  it('is never shifted by a time zone; a moment is', () => {
    for (const zone of ['Pacific/Auckland', 'America/Los_Angeles'])
      expect(describeDue({ at: '2026-11-25T00:00:00Z', isDate: true }, zone, NOW).words).toBe('Wednesday')
    expect(describeDue({ at: '2026-11-22T23:30:00Z', isDate: false }, 'Europe/Berlin', NOW).words).toBe('Monday 00:30')
    expect(describeDue({ at: '2026-11-22T23:30:00Z', isDate: false }, 'America/New_York', NOW).words).toBe(
      'Tomorrow 18:30',
    )
  })

  it('of today is not late, a moment that has passed is', () => {
    expect(bucketOf(makeTask(day('2026-11-21')), 'Europe/Berlin', NOW)).toBe('Today')
    expect(bucketOf(makeTask({ due_at: '2026-11-21T14:00:00Z' }), 'Europe/Berlin', NOW)).toBe('Overdue')
    // In Auckland it is the 22nd already.
    expect(bucketOf(makeTask(day('2026-11-21')), 'Pacific/Auckland', NOW)).toBe('Overdue')
  })
})
