// Specs of the pick dialog: roles and names, filtering, keyboard, and creating a new option.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { TooltipProvider } from 'reka-ui'
import { describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import PickDialog, { type PickOption } from './PickDialog.vue'

const OPTIONS: PickOption[] = [
  { value: 'top', label: 'Top level' },
  { value: 'home', label: 'Home', depth: 1 },
  { value: 'garden', label: 'Garden', detail: 'Home', depth: 2, current: true },
]

async function show(props: { create?: string; options?: PickOption[] } = {}) {
  const [onPick, onCreate, onOpen] = [vi.fn(), vi.fn(), vi.fn()]
  const dialog = { open: true, title: 'Move the note', label: 'Find a notebook', options: OPTIONS, ...props }
  render(() => h(TooltipProvider, () => h(PickDialog, { ...dialog, onPick, onCreate, 'onUpdate:open': onOpen })))
  const input = await screen.findByRole<HTMLInputElement>('combobox', { name: 'Find a notebook' })
  const names = () => screen.queryAllByRole('option').map((option) => option.querySelector('.name')?.textContent)
  const highlighted = () =>
    document.getElementById(input.getAttribute('aria-activedescendant') ?? '')?.querySelector('.name')?.textContent
  return { input, names, highlighted, onPick, onCreate, onOpen, user: userEvent.setup() }
}

describe('PickDialog', () => {
  it('is a named dialog with a focused input and a list that starts at the current option', async () => {
    const { input, names, highlighted } = await show()
    expect(screen.getByRole('dialog', { name: 'Move the note' })).toBeTruthy()
    expect(screen.getByRole('listbox', { name: 'Move the note' }).id).toBe(input.getAttribute('aria-controls'))
    expect(names()).toEqual(['Top level', 'Home', 'Garden'])
    await expect.poll(highlighted).toBe('Garden')
    expect(screen.getByRole('option', { selected: true, name: /Garden.*current/ })).toBeTruthy()
    await expect.poll(() => document.activeElement).toBe(input)
  })

  it('moves by the arrow keys, around the ends too, and picks by Enter', async () => {
    const { highlighted, onPick, user } = await show()
    await expect.poll(highlighted).toBe('Garden')
    await user.keyboard('{ArrowDown}')
    expect(highlighted()).toBe('Top level')
    await user.keyboard('{ArrowUp}{ArrowUp}{Enter}')
    expect(onPick).toHaveBeenCalledExactlyOnceWith('home')
  })

  it('filters by label and detail, without case and accents', async () => {
    const { input, names, highlighted, onPick, user } = await show()
    await user.type(input, 'HÔME')
    expect(names()).toEqual(['Home', 'Garden'])
    await expect.poll(highlighted).toBe('Home')
    await user.keyboard('{Enter}')
    expect(onPick).toHaveBeenCalledExactlyOnceWith('home')
  })

  it('picks by click, the current option too', async () => {
    const { onPick, user } = await show()
    await user.click(screen.getByRole('option', { name: /Garden/ }))
    expect(onPick).toHaveBeenCalledExactlyOnceWith('garden')
  })

  it('offers to create what matches no option', async () => {
    const { input, names, onCreate, user } = await show({ create: 'New notebook' })
    await user.type(input, 'home')
    expect(names()).toEqual(['Home', 'Garden'])
    await user.clear(input)
    await user.type(input, ' Attic ')
    expect(names()).toEqual(['New notebook “Attic”'])
    await user.keyboard('{Enter}')
    expect(onCreate).toHaveBeenCalledExactlyOnceWith('Attic')
  })

  it('says when nothing matches, and Enter picks nothing then', async () => {
    const { input, onPick, user } = await show()
    await user.type(input, 'xyz{Enter}')
    expect(screen.getByText('No matches')).toBeTruthy()
    expect(onPick).not.toHaveBeenCalled()
  })

  it('closes on Escape', async () => {
    const { onOpen, user } = await show()
    await user.keyboard('{Escape}')
    expect(onOpen).toHaveBeenCalledExactlyOnceWith(false)
  })
})
