// Owns the promises of the shortcuts: never while typing, never under a dialog, off when switched off.
// Refuses to test what a shortcut does.
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

  it('leave keys alone while somebody types, but still save', async () => {
    const { letter, save } = mount(() => h('input', { 'aria-label': 'Text' }))
    document.querySelector('input')?.focus()
    await userEvent.keyboard('n{Control>}s{/Control}')
    expect(letter).not.toHaveBeenCalled()
    expect(save).toHaveBeenCalledTimes(1)
  })

  it('rest under a dialog', async () => {
    const { letter } = mount(() => h('div', { role: 'dialog' }))
    await userEvent.keyboard('n')
    expect(letter).not.toHaveBeenCalled()
  })

  it('can be switched off as far as they are single keys, and that is remembered', async () => {
    const { letter, save } = mount()
    singleKeys.value = false
    await userEvent.keyboard('n{Control>}s{/Control}')
    expect(letter).not.toHaveBeenCalled()
    expect(save).toHaveBeenCalledTimes(1)
    expect(localStorage.getItem('satchel.single-keys')).toBe('off')
  })
})
