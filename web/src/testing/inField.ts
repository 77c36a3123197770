// Renders an input inside a BaseField.
import { render } from '@testing-library/vue'
import { TooltipProvider } from 'reka-ui'
import { defineComponent, h, ref, type Component } from 'vue'
import BaseField from '@/components/BaseField.vue'

interface Field {
  label: string
  hint?: string
  error?: string
}

/** Returns the value of the input. */
export function renderInField(input: Component, field: Field, props: Record<string, unknown> = {}) {
  const value = ref<unknown>(props.modelValue ?? '')
  const update = (next: unknown) => (value.value = next)
  const wrapper = defineComponent(
    () => () =>
      h(TooltipProvider, () =>
        h(BaseField, field, () => h(input, { ...props, modelValue: value.value, 'onUpdate:modelValue': update })),
      ),
  )
  render(wrapper)
  return value
}

/** The texts that describe an element. */
export const descriptionsOf = (element: HTMLElement) =>
  (element.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .filter(Boolean)
    .map((id) => document.getElementById(id)?.textContent)
