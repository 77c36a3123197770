// Owns the promises of the inputs: named, described, pasteable. Refuses looks.
import { render, screen } from '@testing-library/vue'
import userEvent from '@testing-library/user-event'
import { TooltipProvider } from 'reka-ui'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref, type Component } from 'vue'
import BaseField from './BaseField.vue'
import CodeInput from './CodeInput.vue'
import PasswordInput from './PasswordInput.vue'
import SearchInput from './SearchInput.vue'
import TextInput from './TextInput.vue'

function inField(
  input: Component,
  field: { label: string; hint?: string; error?: string },
  more: Record<string, unknown> = {},
) {
  const value = ref('')
  const update = (text: string) => (value.value = text)
  const wrapper = defineComponent(
    () => () =>
      h(TooltipProvider, () =>
        h(BaseField, field, () => h(input, { modelValue: value.value, 'onUpdate:modelValue': update, ...more })),
      ),
  )
  render(wrapper)
  return value
}

describe('BaseField', () => {
  it('names its input and describes it with hint and error', () => {
    inField(TextInput, { label: 'E-mail', hint: 'We write there.', error: 'Not an address.' })
    const input = screen.getByRole('textbox', { name: 'E-mail' })
    const described = input
      .getAttribute('aria-describedby')
      ?.split(' ')
      .map((id) => document.getElementById(id)?.textContent)
    expect(described).toEqual(['We write there.', 'Not an address.'])
    expect(input.getAttribute('aria-invalid')).toBe('true')
  })
})

describe('PasswordInput', () => {
  it('can be shown and hidden without losing what stands in it', async () => {
    inField(PasswordInput, { label: 'Password' })
    const input = screen.getByLabelText<HTMLInputElement>('Password')
    await userEvent.type(input, 'secret words')
    expect(input.type).toBe('password')
    await userEvent.click(screen.getByRole('button', { name: 'Show password' }))
    expect(input.type).toBe('text')
    expect(input.value).toBe('secret words')
    expect(screen.getByRole('button', { name: 'Hide password' })).toBeTruthy()
  })
})

describe('CodeInput', () => {
  it('takes a pasted code with blanks and says when it is complete', async () => {
    const complete = vi.fn()
    const value = inField(CodeInput, { label: 'Code' }, { onComplete: complete })
    await userEvent.click(screen.getByRole('textbox', { name: 'Code' }))
    await userEvent.paste(' 123 456 ')
    expect(value.value).toBe('123456')
    expect(complete).toHaveBeenCalledExactlyOnceWith('123456')
  })

  it('takes nothing but six digits', async () => {
    const value = inField(CodeInput, { label: 'Code' })
    await userEvent.type(screen.getByRole('textbox', { name: 'Code' }), 'a1b2c3d4e5f6g7')
    expect(value.value).toBe('123456')
  })
})

describe('SearchInput', () => {
  it('asks once after a pause, at once on Enter, and clears on Escape', async () => {
    const { emitted } = render(SearchInput, { props: { label: 'Search notes', value: '' } })
    const input = screen.getByRole('textbox', { name: 'Search notes' })
    await userEvent.type(input, 'sea')
    expect(emitted().search).toBeUndefined()
    await vi.waitFor(() => expect(emitted().search).toEqual([['sea']]))
    await userEvent.type(input, 's{Enter}')
    expect(emitted().search).toEqual([['sea'], ['seas']])
    await userEvent.type(input, '{Escape}')
    expect(emitted().search).toEqual([['sea'], ['seas'], ['']])
  })
})
