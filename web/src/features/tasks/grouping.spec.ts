// Specs of sections and rows: every task is in exactly one section, in the right order.
import { describe, expect, it } from 'vitest'
import { makeList, makeTask } from '@/testing/tasks'
import { bucketOf, describeDue } from './dates'
import { completedSections, rowsOf, sectionsOf } from './grouping'
import type { Grouping } from './options'

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
  makeTask({ id: '5', list_id: 'unknown', status: 'doing' }),
  makeTask({ id: '6', ...day('2026-11-28'), priority: 4 }),
  makeTask({ id: '7', ...day('2026-11-29') }),
]
const format = (grouping: Grouping, more = {}) =>
  sectionsOf(TASKS, grouping, { ...context, ...more }).map(
    ({ title, tasks }) => `${title}: ${tasks.map(({ id }) => id).join(' ')}`,
  )

describe('sections', () => {
  it('by due date', () => {
    expect(format('due')).toEqual([
      'Overdue: 2 3',
      'Today: 4',
      'Tomorrow: 1',
      'Next 7 days: 6',
      'Later: 7',
      'No date: 5',
    ])
  })

  it('by list, in the order of the lists, with a section for unknown lists', () => {
    expect(format('list')).toEqual(['Inbox: 1 2 6 7', 'Flat: 3', 'Work: 4', 'Other lists: 5'])
  })

  it('by priority, then by due date', () => {
    expect(format('priority')).toEqual(['4 Urgent: 4 6', '1 Low: 2', 'No priority: 3 1 7 5'])
  })

  it('without grouping have a manual order within one list only', () => {
    expect(format('none')).toEqual(['Tasks: 1 2 3 4 5 6 7'])
    expect(sectionsOf(TASKS, 'none', context)[0]!.manualOrder).toBe(false)
    expect(sectionsOf(TASKS, 'none', { ...context, oneList: true })[0]!.manualOrder).toBe(true)
  })

  it('of completed tasks are days', () => {
    const completed = [
      makeTask({ id: 'a', completed_at: '2026-11-21T08:00:00Z' }),
      makeTask({ id: 'b', completed_at: '2026-11-20T08:00:00Z' }),
      makeTask({ id: 'c', completed_at: '2026-11-20T07:00:00Z' }),
    ]
    expect(
      completedSections(completed, (iso) => iso.slice(0, 10), '2026-11-21').map(({ title, tasks }) => [
        title,
        tasks.length,
      ]),
    ).toEqual([
      ['Today', 1],
      [expect.stringMatching(/^Friday,? 20 November 2026$/), 2],
    ])
  })
})

describe('the rows of subtasks', () => {
  const tasks = [
    makeTask({ id: 'a' }),
    makeTask({ id: 'x', parent_id: 'b' }),
    makeTask({ id: 'b' }),
    makeTask({ id: 'y', parent_id: 'b' }),
    makeTask({ id: 'z', parent_id: 'unknown' }),
  ]
  const rows = (collapsed: string[] = []) =>
    rowsOf(tasks, new Set(collapsed)).map(
      ({ task, depth, subtasks }) => `${'-'.repeat(depth)}${task.id}${subtasks.length || ''}`,
    )

  it('are below the parent, and on the top level without it', () =>
    expect(rows()).toEqual(['a', 'b2', '-x', '-y', 'z']))
  it('can be collapsed; their number stays', () => expect(rows(['b', 'a'])).toEqual(['a', 'b2', 'z']))
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
  ])('%s is formatted as %s', (date, text, urgency) => {
    expect(describeDue({ at: `${date}T00:00:00Z`, isDate: true }, 'Europe/Berlin', NOW)).toEqual({ text, urgency })
  })

  it('without a time is the same day in every time zone, with a time it is not', () => {
    for (const zone of ['Pacific/Auckland', 'America/Los_Angeles'])
      expect(describeDue({ at: '2026-11-25T00:00:00Z', isDate: true }, zone, NOW).text).toBe('Wednesday')
    expect(describeDue({ at: '2026-11-22T23:30:00Z', isDate: false }, 'Europe/Berlin', NOW).text).toBe('Monday 00:30')
    expect(describeDue({ at: '2026-11-22T23:30:00Z', isDate: false }, 'America/New_York', NOW).text).toBe(
      'Tomorrow 18:30',
    )
  })

  it('of today is not overdue, a time that has passed is', () => {
    expect(bucketOf(makeTask(day('2026-11-21')), 'Europe/Berlin', NOW)).toBe('Today')
    expect(bucketOf(makeTask({ due_at: '2026-11-21T14:00:00Z' }), 'Europe/Berlin', NOW)).toBe('Overdue')
    // In Auckland it is the 22nd already.
    expect(bucketOf(makeTask(day('2026-11-21')), 'Pacific/Auckland', NOW)).toBe('Overdue')
  })
})
