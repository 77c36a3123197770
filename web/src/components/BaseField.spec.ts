// Specs of the field: it names and describes the input in its slot.
import { render, screen } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { descriptionsOf, renderInField } from '@/testing/inField'
import TextInput from './TextInput.vue'

describe('BaseField', () => {
  it('names its input and describes it with hint and error', () => {
    renderInField(TextInput, { label: 'E-mail', hint: 'We write there.', error: 'Not an address.' })
    const input = screen.getByRole('textbox', { name: 'E-mail' })
    expect(descriptionsOf(input)).toEqual(['We write there.', 'Not an address.'])
    expect(input.getAttribute('aria-invalid')).toBe('true')
  })

  it('leaves an input without hint and error undescribed and valid', () => {
    renderInField(TextInput, { label: 'E-mail' })
    const input = screen.getByRole('textbox', { name: 'E-mail' })
    expect(descriptionsOf(input)).toEqual([])
    expect(input.hasAttribute('aria-invalid')).toBe(false)
  })

  it('is required by its inputs', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(() => render(TextInput, { props: { modelValue: '' } })).toThrow('inside a BaseField')
  })
})
