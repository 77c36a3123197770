// Specs of the menu: roles and names, keyboard, items and radio items.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import BaseMenu from './BaseMenu.vue'
import MenuItem from './MenuItem.vue'
import MenuRadio from './MenuRadio.vue'

const THEMES = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

function show() {
  const onChoose = vi.fn()
  const theme = ref<'light' | 'dark'>('light')
  const update = (value: 'light' | 'dark') => (theme.value = value)
  render(
    defineComponent(
      () => () =>
        h(BaseMenu, null, {
          trigger: () => h('button', { type: 'button' }, 'More actions'),
          default: () => [
            h(MenuItem, { keys: 'e', onChoose: () => onChoose('rename') }, () => 'Rename'),
            h(MenuItem, { danger: true, onChoose: () => onChoose('delete') }, () => 'Delete'),
            h(MenuRadio<'light' | 'dark'>, {
              label: 'Theme',
              options: THEMES,
              modelValue: theme.value,
              'onUpdate:modelValue': update,
            }),
          ],
        }),
    ),
  )
  return { trigger: screen.getByRole('button', { name: 'More actions' }), onChoose, theme, user: userEvent.setup() }
}

describe('BaseMenu', () => {
  it('opens from its button, which names it', async () => {
    const { trigger, user } = show()
    expect(trigger.getAttribute('aria-expanded')).toBe('false')
    await user.click(trigger)
    expect(trigger.getAttribute('aria-expanded')).toBe('true')
    expect(screen.getByRole('menu', { name: 'More actions' })).toBeTruthy()
    expect(screen.getAllByRole('menuitem').map((item) => item.textContent)).toEqual(['Renamee', 'Delete'])
  })

  it('is operated by keyboard', async () => {
    const { trigger, onChoose, user } = show()
    trigger.focus()
    await user.keyboard('{Enter}')
    await vi.waitFor(() => expect(document.activeElement?.textContent).toContain('Rename'))
    await user.keyboard('{ArrowDown}{Enter}')
    expect(onChoose).toHaveBeenCalledExactlyOnceWith('delete')
    await vi.waitFor(() => expect(screen.queryByRole('menu')).toBeNull())
    expect(document.activeElement).toBe(trigger)
  })

  it('closes on Escape without a choice', async () => {
    const { trigger, onChoose, user } = show()
    await user.click(trigger)
    await user.keyboard('{Escape}')
    expect(screen.queryByRole('menu')).toBeNull()
    expect(onChoose).not.toHaveBeenCalled()
  })

  it('stays open when a radio item is chosen', async () => {
    const { trigger, theme, user } = show()
    await user.click(trigger)
    expect(screen.getByRole('group', { name: 'Theme' })).toBeTruthy()
    expect(screen.getByRole('menuitemradio', { name: 'Light' }).getAttribute('aria-checked')).toBe('true')
    await user.click(screen.getByRole('menuitemradio', { name: 'Dark' }))
    expect(theme.value).toBe('dark')
    expect(screen.getByRole('menuitemradio', { name: 'Dark' }).getAttribute('aria-checked')).toBe('true')
  })
})
