// Specs of the input for six-digit codes.
import userEvent from '@testing-library/user-event'
import { screen } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { descriptionsOf, renderInField } from '@/testing/inField'
import CodeInput from './CodeInput.vue'

describe('CodeInput', () => {
  it('accepts a pasted code with spaces and reports when it is complete', async () => {
    const complete = vi.fn()
    const value = renderInField(CodeInput, { label: 'Code' }, { onComplete: complete })
    await userEvent.click(screen.getByRole('textbox', { name: 'Code' }))
    await userEvent.paste(' 123 456 ')
    expect(value.value).toBe('123456')
    expect(complete).toHaveBeenCalledExactlyOnceWith('123456')
  })

  it('accepts nothing but six digits', async () => {
    const value = renderInField(CodeInput, { label: 'Code' })
    await userEvent.type(screen.getByRole('textbox', { name: 'Code' }), 'a1b2c3d4e5f6g7')
    expect(value.value).toBe('123456')
  })

  it('is not reported as complete when a digit is deleted', async () => {
    const complete = vi.fn()
    const value = renderInField(CodeInput, { label: 'Code' }, { modelValue: '123456', onComplete: complete })
    await userEvent.type(screen.getByRole('textbox', { name: 'Code' }), '{Backspace}')
    expect(value.value).toBe('12345')
    expect(complete).not.toHaveBeenCalled()
  })

  it('is described by the error of its field', () => {
    renderInField(CodeInput, { label: 'Code', error: 'The code is not right.' })
    const input = screen.getByRole('textbox', { name: 'Code' })
    expect([descriptionsOf(input), input.getAttribute('aria-invalid')]).toEqual([['The code is not right.'], 'true'])
  })
})
