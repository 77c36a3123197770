// Specs of keyboard shortcuts: not in text fields, not behind a dialog, and the switch for single keys.
import { render } from '@testing-library/vue'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { singleKeys, useShortcuts } from './shortcuts'

afterEach(() => {
  singleKeys.value = true
})

function mount(children: () => unknown = () => null) {
  const letter = vi.fn()
  const sequence = vi.fn()
  const save = vi.fn()
  render(
    defineComponent(() => {
      useShortcuts([
        { keys: 'n', label: 'New', group: 'Test', run: letter },
        { keys: 'g n', label: 'Go', group: 'Test', run: sequence },
        { keys: 'mod+s', label: 'Save', group: 'Test', run: save },
      ])
      return () => h('div', [children() as never])
    }),
  )
  return { letter, sequence, save }
}

describe('shortcuts', () => {
  it('run on a key and on two keys in a row', async () => {
    const { letter, sequence } = mount()
    await userEvent.keyboard('n')
    expect(letter).toHaveBeenCalledTimes(1)
    await userEvent.keyboard('gn')
    expect(sequence).toHaveBeenCalledTimes(1)
    expect(letter).toHaveBeenCalledTimes(1)
  })

  it('ignore single keys in a text field, but not Ctrl combinations', async () => {
    const { letter, save } = mount(() => h('input', { 'aria-label': 'Text' }))
    document.querySelector('input')?.focus()
    await userEvent.keyboard('n{Control>}s{/Control}')
    expect(letter).not.toHaveBeenCalled()
    expect(save).toHaveBeenCalledTimes(1)
  })

  it('are disabled while a dialog is open', async () => {
    const { letter } = mount(() => h('div', { role: 'dialog' }))
    await userEvent.keyboard('n')
    expect(letter).not.toHaveBeenCalled()
  })

  it('of single keys can be switched off, which is stored', async () => {
    const { letter, save } = mount()
    singleKeys.value = false
    await userEvent.keyboard('n{Control>}s{/Control}')
    expect(letter).not.toHaveBeenCalled()
    expect(save).toHaveBeenCalledTimes(1)
    expect(localStorage.getItem('satchel.single-keys')).toBe('off')
  })
})
