// Specs of the select: name, options, keyboard, and the wiring of its field.
import userEvent from '@testing-library/user-event'
import { screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { descriptionsOf, renderInField } from '@/testing/inField'
import SelectInput from './SelectInput.vue'

const options = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
]

describe('SelectInput', () => {
  it('shows its value and changes it', async () => {
    const value = renderInField(SelectInput, { label: 'Expires after' }, { modelValue: '30', options })
    const select = screen.getByRole('combobox', { name: 'Expires after' })
    expect(screen.getByRole('option', { selected: true }).textContent).toBe('30 days')
    await userEvent.selectOptions(select, '90 days')
    expect(value.value).toBe('90')
  })

  it('is reached by Tab and described by the error of its field', async () => {
    renderInField(SelectInput, { label: 'Expires after', error: 'Choose one.' }, { modelValue: '30', options })
    const select = screen.getByRole('combobox', { name: 'Expires after' })
    await userEvent.tab()
    expect(document.activeElement).toBe(select)
    expect([descriptionsOf(select), select.getAttribute('aria-invalid')]).toEqual([['Choose one.'], 'true'])
  })
})
