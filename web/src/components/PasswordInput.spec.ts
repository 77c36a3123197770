// Specs of the password input.
import userEvent from '@testing-library/user-event'
import { screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { descriptionsOf, renderInField } from '@/testing/inField'
import PasswordInput from './PasswordInput.vue'

describe('PasswordInput', () => {
  it('can be shown and hidden without losing its value', async () => {
    renderInField(PasswordInput, { label: 'Password' })
    const input = screen.getByLabelText<HTMLInputElement>('Password')
    await userEvent.type(input, 'secret words')
    expect(input.type).toBe('password')
    await userEvent.click(screen.getByRole('button', { name: 'Show password' }))
    expect(input.type).toBe('text')
    expect(input.value).toBe('secret words')
    expect(screen.getByRole('button', { name: 'Hide password' })).toBeTruthy()
  })

  it('is described by the error of its field', () => {
    renderInField(PasswordInput, { label: 'Password', error: 'Too short.' })
    expect(descriptionsOf(screen.getByLabelText('Password'))).toEqual(['Too short.'])
  })
})
