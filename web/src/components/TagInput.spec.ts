// Specs of the tag input: adding by Enter, comma, choice and blur; removing by Backspace and button.
import userEvent from '@testing-library/user-event'
import { render, screen, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import TagInput from './TagInput.vue'

function show(tags: string[] = [], error = '') {
  const props = { tags, suggestions: ['books', 'bread', 'Cabbage'], label: 'Tags', error }
  const { emitted, rerender } = render(TagInput, { props })
  const input = screen.getByRole<HTMLInputElement>('combobox', { name: 'Add a tag' })
  return {
    input,
    rerender,
    chips: () =>
      within(screen.getByRole('list', { name: 'Tags' }))
        .getAllByRole('listitem')
        .map((chip) => chip.textContent.trim()),
    highlighted: () => document.getElementById(input.getAttribute('aria-activedescendant') ?? '')?.textContent.trim(),
    added: () => (emitted().add ?? []).flat(),
    removed: () => (emitted().remove ?? []).flat(),
    user: userEvent.setup(),
  }
}

describe('TagInput', () => {
  it('adds by Enter, by comma and by leaving it', async () => {
    const { input, added, user } = show()
    await user.type(input, 'winter{Enter}')
    await user.type(input, 'a, b,')
    await user.type(input, 'last')
    await user.tab()
    expect(added().map((tag) => String(tag).trim())).toEqual(['winter', 'a', 'b', 'last'])
    expect(input.value).toBe('')
  })

  it('suggests tags in use: those that start with the text first, without those already added', async () => {
    const { input, added, user } = show(['bread'])
    await user.type(input, 'b')
    expect(screen.getAllByRole('option').map((option) => option.textContent.trim())).toEqual(['books', 'Cabbage'])
    await user.keyboard('{ArrowDown}{Enter}')
    expect(added()).toEqual(['books'])
  })

  it('adds what was typed by Enter although a suggestion matches', async () => {
    const { input, added, highlighted, user } = show()
    await user.type(input, 'b')
    expect(highlighted()).toBeUndefined()
    await user.keyboard('{Enter}')
    expect(added()).toEqual(['b'])
  })

  it('adds a suggestion by click', async () => {
    const { input, added, user } = show()
    await user.click(input)
    await user.click(screen.getByRole('option', { name: 'Cabbage' }))
    expect(added()).toEqual(['Cabbage'])
    expect(document.activeElement).toBe(input)
  })

  it('opens the list and moves in it by the arrow keys, around the ends too', async () => {
    const { input, added, highlighted, user } = show()
    await user.tab()
    await user.keyboard('{ArrowDown}')
    expect([input.getAttribute('aria-expanded'), highlighted()]).toEqual(['true', 'books'])
    await user.keyboard('{ArrowUp}')
    expect(highlighted()).toBe('Cabbage')
    await user.keyboard('{Escape}')
    expect([screen.queryByRole('listbox'), highlighted()]).toEqual([null, undefined])
    await user.type(input, 'new{Enter}')
    expect(added()).toEqual(['new'])
  })

  it('removes the last one by Backspace, but only from the empty field', async () => {
    const { input, removed, user } = show(['one', 'two'])
    await user.type(input, 'x{Backspace}')
    expect(removed()).toEqual([])
    await user.keyboard('{Backspace}')
    expect(removed()).toEqual(['two'])
    await user.click(screen.getByRole('button', { name: 'Remove one' }))
    expect(removed()).toEqual(['two', 'one'])
  })

  it('selects a tag by the left arrow key and removes it by Delete', async () => {
    const { input, removed, user } = show(['one', 'two', 'three'])
    await user.click(input)
    await user.keyboard('{ArrowLeft}{ArrowLeft}{Delete}')
    expect(removed()).toEqual(['two'])
  })

  it('Escape discards what was typed', async () => {
    const { input, added, user } = show()
    await user.type(input, 'oops{Escape}')
    await user.tab()
    expect(added()).toEqual([])
    expect(input).toHaveProperty('value', '')
  })

  it('shows the tags of its parent only, also when the parent refuses one', async () => {
    const { input, chips, rerender, user } = show(['one'])
    await user.type(input, 'two{Enter}')
    expect(chips()).toEqual(['one'])
    await rerender({ tags: ['one', 'two'] })
    expect(chips()).toEqual(['one', 'two'])
  })

  it('is described by its error', () => {
    const { input } = show([], 'A tag has at most 50 characters.')
    expect(input.getAttribute('aria-invalid')).toBe('true')
    expect(document.getElementById(input.getAttribute('aria-describedby')!)?.textContent).toContain('at most 50')
    expect(screen.getByRole('alert').textContent).toContain('at most 50')
  })
})
