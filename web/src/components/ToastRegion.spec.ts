// Specs of the toast region: announced, with one action, closed by time, button and Escape.
import { fireEvent, render, screen } from '@testing-library/vue'
import { TooltipProvider } from 'reka-ui'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import { closeToast, showToast, toasts } from '@/lib/toasts'
import ToastRegion from './ToastRegion.vue'

const SHOWN_MS = 8000
beforeEach(() => {
  vi.useFakeTimers()
  render(() => h(TooltipProvider, () => h(ToastRegion)))
})
afterEach(() => {
  for (const toast of toasts.value) closeToast(toast.id)
  vi.useRealTimers()
})

async function show(message: string, options: Parameters<typeof showToast>[1] = {}) {
  showToast(message, options)
  await vi.advanceTimersByTimeAsync(100)
}
const shown = () => toasts.value.map((toast) => toast.message)
const escape = () => fireEvent.keyDown(document.activeElement ?? document.body, { key: 'Escape' })

describe('ToastRegion', () => {
  it('shows a message in a live region and closes it after a time', async () => {
    await show('Archived 3 notes')
    expect(screen.getByRole('region', { name: 'Messages' })).toBeTruthy()
    expect(screen.getByRole('status').textContent).toContain('Archived 3 notes')
    expect(screen.getAllByText('Archived 3 notes')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(SHOWN_MS)
    expect(shown()).toEqual([])
    expect(screen.queryByText('Archived 3 notes')).toBeNull()
  })

  it('runs the action once and closes', async () => {
    const run = vi.fn()
    await show('Archived', { action: { label: 'Undo', run } })
    await fireEvent.click(screen.getByRole('button', { name: 'Undo' }))
    expect(run).toHaveBeenCalledTimes(1)
    expect(shown()).toEqual([])
  })

  it('can be dismissed', async () => {
    await show('First')
    await show('Second')
    await fireEvent.click(screen.getAllByRole('button', { name: 'Dismiss' })[0]!)
    expect(shown()).toEqual(['Second'])
  })

  it('closes on Escape only while the focus is in it', async () => {
    await show('Saved')
    await escape()
    expect(shown()).toEqual(['Saved'])
    screen.getByRole('button', { name: 'Dismiss' }).focus()
    await escape()
    expect(shown()).toEqual([])
  })

  it('stays while the pointer or the focus is on it', async () => {
    await show('Saved')
    const list = screen.getByRole('status')
    await fireEvent.pointerMove(list)
    await vi.advanceTimersByTimeAsync(2 * SHOWN_MS)
    expect(shown()).toEqual(['Saved'])
    await fireEvent.pointerLeave(list)
    screen.getByRole('button', { name: 'Dismiss' }).focus()
    await vi.advanceTimersByTimeAsync(2 * SHOWN_MS)
    expect(shown()).toEqual(['Saved'])
    screen.getByRole('button', { name: 'Dismiss' }).blur()
    await vi.advanceTimersByTimeAsync(SHOWN_MS)
    expect(shown()).toEqual([])
  })

  it('keeps the newest three', async () => {
    for (const message of ['one', 'two', 'three', 'four']) await show(message)
    expect(shown()).toEqual(['two', 'three', 'four'])
    expect(screen.getAllByRole('button', { name: 'Dismiss' })).toHaveLength(3)
  })
})
