// Specs of the count of subtasks in the line below a task.
import { render, screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { makeTask } from '@/testing/tasks'
import TaskMeta from './TaskMeta.vue'
import type { TaskSummary } from './types'

const show = (subtasks: TaskSummary['subtasks']) =>
  render(TaskMeta, { props: { task: { ...makeTask(), subtasks } } }).container

describe('TaskMeta', () => {
  it('shows how many subtasks are completed', () => {
    show({ open: 2, total: 3 })
    expect(screen.getByText('1/3').getAttribute('aria-hidden')).toBe('true')
    expect(screen.getByText('1 of 3 subtasks done')).toBeTruthy()
  })

  it('shows it for a single subtask, and when all are completed', () => {
    show({ open: 0, total: 1 })
    expect(screen.getByText('1/1')).toBeTruthy()
    expect(screen.getByText('1 of 1 subtask done')).toBeTruthy()
  })

  it('shows nothing without subtasks, or if the count is unknown', () => {
    expect(show({ open: 0, total: 0 }).textContent).toBe('')
    expect(show(undefined).textContent).toBe('')
  })
})
