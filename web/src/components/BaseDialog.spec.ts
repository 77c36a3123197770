// Specs of the dialog: name, description, focus, and closing.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { TooltipProvider } from 'reka-ui'
import { describe, expect, it, vi } from 'vitest'
import { h, type VNode } from 'vue'
import BaseDialog from './BaseDialog.vue'

async function show(props: { description?: string; persistent?: boolean } = {}, content?: () => VNode) {
  const onOpen = vi.fn()
  const dialog = { open: true, title: 'Delete the tag?', ...props, 'onUpdate:open': onOpen }
  render(() =>
    h(TooltipProvider, () =>
      h(BaseDialog, dialog, { default: content, actions: () => h('button', { type: 'button' }, 'Delete') }),
    ),
  )
  const element = await screen.findByRole('dialog', { name: 'Delete the tag?' })
  return { element, onOpen, user: userEvent.setup() }
}

describe('BaseDialog', () => {
  it('is named by its title and described by its description', async () => {
    const { element } = await show({ description: 'The notes stay.' })
    expect(document.getElementById(element.getAttribute('aria-describedby')!)?.textContent).toBe('The notes stay.')
    expect(screen.getByRole('heading', { name: 'Delete the tag?' })).toBeTruthy()
  })

  it('has no empty description', async () => {
    const { element } = await show()
    expect(element.getAttribute('aria-describedby') || null).toBeNull()
  })

  it('focuses itself, or the input with autofocus', async () => {
    const { element } = await show()
    await vi.waitFor(() => expect(document.activeElement).toBe(element))
  })

  it('focuses the input with autofocus', async () => {
    await show({}, () => h('input', { 'aria-label': 'Name', autofocus: '' }))
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Name' })))
  })

  it('keeps the focus inside', async () => {
    const { element, user } = await show()
    for (let tabs = 0; tabs < 4; tabs += 1) {
      await user.tab()
      expect(element.contains(document.activeElement)).toBe(true)
    }
  })

  it('is closed by its button and by Escape', async () => {
    const { onOpen, user } = await show()
    await user.click(screen.getByRole('button', { name: 'Close' }))
    await user.keyboard('{Escape}')
    expect(onOpen.mock.calls).toEqual([[false], [false]])
  })

  it('is not closed by Escape if it is persistent, and has no close button', async () => {
    const { onOpen, user } = await show({ persistent: true })
    await user.keyboard('{Escape}')
    expect(onOpen).not.toHaveBeenCalled()
    expect(screen.queryByRole('button', { name: 'Close' })).toBeNull()
    expect(screen.getByRole('button', { name: 'Delete' })).toBeTruthy()
  })
})
