// Specs of the combobox: roles and names, keyboard, filtering, and the wiring of its field.
import userEvent from '@testing-library/user-event'
import { screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { descriptionsOf, renderInField } from '@/testing/inField'
import ComboboxInput from './ComboboxInput.vue'

const options = [
  { value: 'berlin', label: 'Europe/Berlin', detail: 'UTC+1' },
  { value: 'lisbon', label: 'Europe/Lisbon', detail: 'UTC+0' },
  { value: 'sao-paulo', label: 'America/São Paulo', detail: 'UTC-3' },
]

function show(initial = 'lisbon', error = '') {
  const props = { modelValue: initial, options, listLabel: 'Time zones' }
  const value = renderInField(ComboboxInput, { label: 'Time zone', error }, props)
  const input = screen.getByRole<HTMLInputElement>('combobox', { name: 'Time zone' })
  const names = () => screen.queryAllByRole('option').map((option) => option.textContent.trim())
  const highlighted = () => document.getElementById(input.getAttribute('aria-activedescendant') ?? '')?.textContent
  return { input, value, names, highlighted, user: userEvent.setup() }
}

describe('ComboboxInput', () => {
  it('shows the label of its value and opens the named list with that option highlighted', async () => {
    const { input, names, highlighted, user } = show()
    expect(input.value).toBe('Europe/Lisbon')
    expect(input.getAttribute('aria-expanded')).toBe('false')
    await user.click(input)
    expect(input.getAttribute('aria-expanded')).toBe('true')
    expect(screen.getByRole('listbox', { name: 'Time zones' })).toBeTruthy()
    expect(names()).toHaveLength(3)
    expect(screen.getByRole('option', { selected: true }).textContent).toContain('Europe/Lisbon')
    expect(highlighted()).toContain('Europe/Lisbon')
    expect([input.value, input.placeholder]).toEqual(['', 'Europe/Lisbon'])
  })

  it('filters by words in any order, without case and accents, and chooses by Enter', async () => {
    const { input, value, names, user } = show()
    await user.click(input)
    await user.type(input, 'sao america')
    expect(names()).toEqual(['America/São PauloUTC-3'])
    await user.keyboard('{Enter}')
    expect(value.value).toBe('sao-paulo')
    await expect.poll(() => input.value).toBe('America/São Paulo')
    expect(screen.queryByRole('listbox')).toBeNull()
  })

  it('keeps the first letter when typing opens the list', async () => {
    const { input, names, user } = show()
    await user.tab()
    input.select()
    await user.keyboard('b')
    expect([input.value, names()]).toEqual(['b', ['Europe/BerlinUTC+1', 'Europe/LisbonUTC+0']])
  })

  it('moves by the arrow keys, around the ends too', async () => {
    const { input, value, highlighted, user } = show('sao-paulo')
    await user.click(input)
    await user.keyboard('{ArrowDown}')
    expect(highlighted()).toContain('Europe/Berlin')
    await user.keyboard('{ArrowUp}{ArrowUp}{Enter}')
    expect(value.value).toBe('lisbon')
  })

  it('closes on Escape without a change and restores the label', async () => {
    const { input, value, user } = show()
    await user.click(input)
    await user.type(input, 'ber{Escape}')
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(value.value).toBe('lisbon')
    await expect.poll(() => input.value).toBe('Europe/Lisbon')
  })

  it('chooses by click and says when nothing matches', async () => {
    const { input, value, names, user } = show()
    await user.click(input)
    await user.type(input, 'mars')
    expect(names()).toEqual([])
    expect(screen.getByText('No matches')).toBeTruthy()
    await user.clear(input)
    await user.click(screen.getByRole('option', { name: /Berlin/ }))
    expect(value.value).toBe('berlin')
  })

  it('is described by the error of its field', () => {
    const { input } = show('lisbon', 'Unknown time zone.')
    expect(input.getAttribute('aria-invalid')).toBe('true')
    expect(descriptionsOf(input)).toEqual(['Unknown time zone.'])
  })
})
