// Connects the input in a BaseField with its label, hint and error.
import { inject, type ComputedRef, type InjectionKey } from 'vue'

export interface FieldWiring {
  id: string
  describedBy: string | undefined
  invalid: boolean
}

export const fieldWiring: InjectionKey<ComputedRef<FieldWiring>> = Symbol('field')

/** Throws outside a BaseField: an input must have a label. */
export function useFieldWiring(): ComputedRef<FieldWiring> {
  const wiring = inject(fieldWiring)
  if (!wiring) throw new Error('An input must be inside a BaseField.')
  return wiring
}
