// Specs of the advice beside a new password.
import { expect, it } from 'vitest'
import { passwordAdvice } from './passwordAdvice'

it.each([
  ['', 0],
  ['123456789', 1],
  ['1234567890', 2],
  ['12345678901234', 2],
  ['123456789012345', 3],
  ['ж'.repeat(129), 1],
])('%s has level %i', (password, level) => {
  expect(passwordAdvice(password).level).toBe(level)
})

it('counts Unicode characters', () => {
  expect(passwordAdvice('🔑'.repeat(9)).text).toBe('At least 1 more character.')
})
