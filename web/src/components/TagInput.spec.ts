// Owns the promises of the tag input: added by Enter, comma, choice and leaving; removed by Backspace.
// Refuses what a tag may be called: see tagNames.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import TagInput from './TagInput.vue'

function show(tags: string[] = []) {
  const { emitted } = render(TagInput, { props: { tags, suggestions: ['books', 'bread', 'Cabbage'], label: 'Tags' } })
  const input = screen.getByRole('combobox', { name: 'Add a tag' })
  return {
    input,
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
  })

  it('completes from what is there: what begins so first, what is on the note not at all', async () => {
    const { input, added, user } = show(['bread'])
    await user.type(input, 'b')
    expect(screen.getAllByRole('option').map((option) => option.textContent.trim())).toEqual(['books', 'Cabbage'])
    await user.keyboard('{ArrowDown}{Enter}')
    expect(added()).toEqual(['books'])
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

  it('Escape takes back what was typed', async () => {
    const { input, added, user } = show()
    await user.type(input, 'oops{Escape}')
    await user.tab()
    expect(added()).toEqual([])
    expect(input).toHaveProperty('value', '')
  })
})
