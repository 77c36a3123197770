// Specs of the checkbox: name, keyboard, error.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { descriptionsOf } from '@/testing/inField'
import CheckboxInput from './CheckboxInput.vue'

function show(props: { error?: string; modelValue?: boolean } = {}) {
  const { emitted } = render(CheckboxInput, { props: { label: 'I saved the codes', modelValue: false, ...props } })
  const box = screen.getByRole<HTMLInputElement>('checkbox', { name: 'I saved the codes' })
  return { box, changes: () => (emitted()['update:modelValue'] ?? []).flat(), user: userEvent.setup() }
}

describe('CheckboxInput', () => {
  it('is toggled by click, by its label and by Space', async () => {
    const { box, changes, user } = show()
    await user.click(box)
    await user.click(screen.getByText('I saved the codes'))
    box.focus()
    await user.keyboard(' ')
    expect(changes()).toEqual([true, false, true])
  })

  it('shows its value', () => {
    expect(show({ modelValue: true }).box.checked).toBe(true)
  })

  it('is described by its error', () => {
    const { box } = show({ error: 'Save the codes first.' })
    expect([descriptionsOf(box), box.getAttribute('aria-invalid')]).toEqual([['Save the codes first.'], 'true'])
  })

  it('is valid without an error', () => {
    expect(show().box.hasAttribute('aria-invalid')).toBe(false)
  })
})
