// Specs of the two radio groups, which differ in their looks only.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref, type Component } from 'vue'
import BaseSegmented from './BaseSegmented.vue'
import FilterChips from './FilterChips.vue'

const MODES = ['Write', 'Split', 'Preview'].map((label) => ({ value: label.toLowerCase(), label }))

function show(component: Component) {
  const value = ref('write')
  const update = (next: string) => (value.value = next)
  const props = () => ({ label: 'Mode', options: MODES, modelValue: value.value, 'onUpdate:modelValue': update })
  render(defineComponent(() => () => h(component, props())))
  const checked = () => screen.getAllByRole('radio').filter((radio) => radio.getAttribute('aria-checked') === 'true')
  return { value, checked: () => checked().map((radio) => radio.textContent), user: userEvent.setup() }
}

describe.each([
  ['BaseSegmented', BaseSegmented],
  ['FilterChips', FilterChips],
])('%s', (_, component) => {
  it('is a named group of radio buttons, of which one is checked', () => {
    const { checked } = show(component)
    expect(screen.getByRole('radiogroup', { name: 'Mode' })).toBeTruthy()
    expect(screen.getAllByRole('radio').map((radio) => radio.textContent)).toEqual(['Write', 'Split', 'Preview'])
    expect(checked()).toEqual(['Write'])
  })

  it('is operated by click', async () => {
    const { value, checked, user } = show(component)
    await user.click(screen.getByRole('radio', { name: 'Preview' }))
    expect([value.value, checked()]).toEqual(['preview', ['Preview']])
  })

  it('is one tab stop and is operated by the arrow keys', async () => {
    const { value, user } = show(component)
    await user.tab()
    expect(document.activeElement?.textContent).toBe('Write')
    await user.keyboard('{ArrowRight>}')
    await vi.waitFor(() => expect(value.value).toBe('split'))
    await user.keyboard('{/ArrowRight}')
    await user.tab()
    expect(document.activeElement).toBe(document.body)
  })
})
