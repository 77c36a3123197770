// Specs of the search input: debounce, keyboard, and results of older queries.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import SearchInput from './SearchInput.vue'

function show(value = '') {
  const { emitted, rerender } = render(SearchInput, { props: { label: 'Search notes', value } })
  const input = screen.getByRole<HTMLInputElement>('textbox', { name: 'Search notes' })
  return { input, rerender, searches: () => (emitted().search ?? []).flat(), emitted, user: userEvent.setup() }
}

describe('SearchInput', () => {
  it('searches once after a pause, at once on Enter, and clears on Escape', async () => {
    const { input, searches, user } = show()
    await user.type(input, 'sea')
    expect(searches()).toEqual([])
    await vi.waitFor(() => expect(searches()).toEqual(['sea']))
    await user.type(input, 's{Enter}')
    expect(searches()).toEqual(['sea', 'seas'])
    await user.type(input, '{Escape}')
    expect(searches()).toEqual(['sea', 'seas', ''])
  })

  it('is a search landmark with a button that clears it', async () => {
    const { input, searches, user } = show('sea')
    expect(screen.getByRole('search')).toBeTruthy()
    await user.click(screen.getByRole('button', { name: 'Clear search' }))
    expect([input.value, searches()]).toEqual(['', ['']])
    expect(document.activeElement).toBe(input)
    expect(screen.queryByRole('button', { name: 'Clear search' })).toBeNull()
  })

  it('does not search again for the same query or for spaces around it', async () => {
    const { input, searches, user } = show('sea')
    await user.type(input, ' {Enter}')
    expect(searches()).toEqual([])
  })

  it('leaves what is being typed when the result of an older query arrives', async () => {
    const { input, rerender, user } = show()
    await user.type(input, 'sea{Enter}s')
    await rerender({ value: 'sea' })
    expect(input.value).toBe('seas')
    await rerender({ value: 'winter' })
    expect(input.value).toBe('winter')
  })

  it('lets the list take the focus on the down arrow key', async () => {
    const { input, emitted, user } = show()
    await user.type(input, '{ArrowDown}')
    expect(emitted().leave).toHaveLength(1)
  })
})
