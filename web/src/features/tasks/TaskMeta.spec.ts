// Owns the promises of the line under a task: how many of its subtasks are done, to see and to hear. Refuses dates: see
// dates and quickDates.
import { render, screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { makeTask } from '@/testing/tasks'
import TaskMeta from './TaskMeta.vue'
import type { TaskSummary } from './types'

const show = (subtasks: TaskSummary['subtasks']) =>
  render(TaskMeta, { props: { task: { ...makeTask(), subtasks } } }).container

describe('TaskMeta', () => {
  it('tells how many subtasks are done', () => {
    show({ open: 2, total: 3 })
    expect(screen.getByText('1/3').getAttribute('aria-hidden')).toBe('true')
    expect(screen.getByText('1 of 3 subtasks done')).toBeTruthy()
  })

  it('tells it also of a single one, and when all are done', () => {
    show({ open: 0, total: 1 })
    expect(screen.getByText('1/1')).toBeTruthy()
    expect(screen.getByText('1 of 1 subtask done')).toBeTruthy()
  })

  it('says nothing where there are none, or nobody knows', () => {
    expect(show({ open: 0, total: 0 }).textContent).toBe('')
    expect(show(undefined).textContent).toBe('')
  })
})
