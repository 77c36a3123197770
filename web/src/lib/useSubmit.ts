// Owns what every form does around its request: busy, one message for the form, one per field.
// Refuses to know the fields.
import { nextTick, ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'

export function useSubmit(work: () => Promise<void>, explain: (error: unknown) => string = describeError) {
  const busy = ref(false)
  const error = ref('')
  const fieldErrors = ref<Record<string, string>>({})

  async function submit(): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = ''
    fieldErrors.value = {}
    try {
      await work()
    } catch (failure) {
      const fields = failure instanceof ApiError ? (failure.problem.errors ?? []) : []
      fieldErrors.value = Object.fromEntries(fields.map((field) => [field.field, field.detail]))
      if (fields.length === 0) error.value = explain(failure)
    }
    busy.value = false
    // Whoever cannot see the message meets it at the field it belongs to.
    await nextTick()
    document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus()
  }

  return { busy, error, fieldErrors, submit }
}
