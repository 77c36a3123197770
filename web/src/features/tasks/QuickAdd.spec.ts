// Specs of the quick add field: recognized parts, errors, and a failed save. Parsing: `quickAddParser.spec.ts`.
import userEvent from '@testing-library/user-event'
import { render, screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { acceptGrant } from '@/api/client'
import { grant } from '@/testing/fixtures'
import { on, useMockApi } from '@/testing/mockApi'
import { makeList, makeTask } from '@/testing/tasks'
import QuickAdd from './QuickAdd.vue'
import { lists } from './stores'

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
  lists.clear()
  on('get', '/api/v1/task-lists', () => ({ items: [makeList('flat', 'Flat')], next_cursor: null }))
  on('get', '/api/v1/tags', () => ({ items: [], next_cursor: null }))
})

function show(create = vi.fn(async () => makeTask() as unknown)) {
  render(QuickAdd, { props: { create, defaults: { list_id: 'flat', tags: ['here'] } } })
  return { create, user: userEvent.setup(), line: () => screen.getByLabelText<HTMLInputElement>('Add a task') }
}

const chips = () =>
  within(screen.getByRole('list', { name: 'Recognized' }))
    .getAllByRole('listitem')
    .map((chip) => chip.textContent.trim())

describe('QuickAdd', () => {
  it('shows the recognized parts and saves them', async () => {
    const { create, user, line } = show()
    await user.type(line(), 'Pay rent tomorrow !2 #home')
    expect(chips()).toEqual(['due: Tomorrow', 'priority: 2 Medium', 'tag: home'])
    expect(create).not.toHaveBeenCalled()
    await user.keyboard('{Enter}')
    expect(create).toHaveBeenCalledExactlyOnceWith({
      title: 'Pay rent',
      list_id: 'flat',
      due_at: expect.stringMatching(/T00:00:00Z$/),
      due_is_date: true,
      priority: 2,
      tags: ['here', 'home'],
    })
    expect(line().value).toBe('')
  })

  it('keeps the words of a part in the title when its chip is removed', async () => {
    const { create, user, line } = show()
    await user.type(line(), 'Read tomorrow !1')
    await user.click(screen.getByRole('button', { name: /^due Tomorrow/ }))
    expect(line().value).toBe('Read \\tomorrow !1')
    expect(chips()).toEqual(['priority: 1 Low'])
    expect(document.activeElement).toBe(line())
    await user.keyboard('{Enter}')
    expect(create).toHaveBeenCalledWith(expect.objectContaining({ title: 'Read tomorrow', priority: 1 }))
  })

  it('requires a title', async () => {
    const { create, user, line } = show()
    await user.type(line(), '#home tomorrow{Enter}')
    expect(create).not.toHaveBeenCalled()
    expect(screen.getByRole('alert').textContent).toMatch(/title/)
    expect(line().getAttribute('aria-invalid')).toBe('true')
  })

  it('restores the line if saving fails', async () => {
    const { user, line } = show(vi.fn(async () => undefined))
    await user.type(line(), 'Pay rent !2{Enter}')
    await vi.waitFor(() => expect(line().value).toBe('Pay rent !2'))
  })
})
