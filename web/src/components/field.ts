// Owns what a BaseField tells the input inside it. Refuses to hold the value.
import { inject, type ComputedRef, type InjectionKey } from 'vue'

export interface FieldWiring {
  id: string
  describedBy: string | undefined
  invalid: boolean
}

export const fieldWiring: InjectionKey<ComputedRef<FieldWiring>> = Symbol('field')

/** Every input stands in a BaseField, so that none is ever without a label. */
export function useFieldWiring(): ComputedRef<FieldWiring> {
  const wiring = inject(fieldWiring)
  if (!wiring) throw new Error('An input must stand inside a BaseField.')
  return wiring
}
