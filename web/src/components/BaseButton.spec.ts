// Specs of the button: role, keyboard, busy state, link.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import BaseButton from './BaseButton.vue'

function show(props: Record<string, unknown> = {}) {
  const onClick = vi.fn()
  render(() => h(BaseButton, { ...props, onClick }, () => 'Save'))
  return { button: screen.getByRole('button', { name: 'Save' }), onClick, user: userEvent.setup() }
}

describe('BaseButton', () => {
  it('is operated by click, Enter and Space', async () => {
    const { button, onClick, user } = show()
    await user.click(button)
    button.focus()
    await user.keyboard('{Enter} ')
    expect(onClick).toHaveBeenCalledTimes(3)
    expect(button.getAttribute('type')).toBe('button')
  })

  it('ignores clicks while busy, but keeps its name and the focus', async () => {
    const { button, onClick, user } = show({ busy: true })
    button.focus()
    await user.click(button)
    await user.keyboard('{Enter}')
    expect(onClick).not.toHaveBeenCalled()
    expect(button.getAttribute('aria-disabled')).toBe('true')
    expect(document.activeElement).toBe(button)
  })

  it('does not submit its form while busy', async () => {
    const onSubmit = vi.fn((event: Event) => event.preventDefault())
    const form = (busy: boolean) => () =>
      h('form', { onSubmit }, [h(BaseButton, { type: 'submit', busy }, () => 'Send')])
    const { unmount } = render(form(true))
    await userEvent.click(screen.getByRole('button', { name: 'Send' }))
    expect(onSubmit).not.toHaveBeenCalled()
    unmount()
    render(form(false))
    await userEvent.click(screen.getByRole('button', { name: 'Send' }))
    expect(onSubmit).toHaveBeenCalledTimes(1)
  })

  it('is a link if it has a route', async () => {
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [{ path: '/:path(.*)*', name: 'notes', component: { render: () => null } }],
    })
    render(() => h(BaseButton, { to: '/notes' }, () => 'Go to notes'), { global: { plugins: [router] } })
    const link = screen.getByRole('link', { name: 'Go to notes' })
    expect(link.getAttribute('href')).toBe('/notes')
    await userEvent.click(link)
    await vi.waitFor(() => expect(router.currentRoute.value.path).toBe('/notes'))
  })
})
