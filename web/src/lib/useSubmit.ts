// State of a form that is submitted: busy, one error for the form, one for each field.
import { nextTick, ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'

export function useSubmit(request: () => Promise<void>, describe: (error: unknown) => string = describeError) {
  const busy = ref(false)
  const error = ref('')
  const fieldErrors = ref<Record<string, string>>({})

  async function submit(): Promise<void> {
    if (busy.value) return
    busy.value = true
    error.value = ''
    fieldErrors.value = {}
    try {
      await request()
    } catch (failure) {
      const fields = failure instanceof ApiError ? (failure.problem.errors ?? []) : []
      fieldErrors.value = Object.fromEntries(fields.map((field) => [field.field, field.detail]))
      if (fields.length === 0) error.value = describe(failure)
    }
    busy.value = false
    // Focus the first invalid field, so that a screen reader reads its error.
    await nextTick()
    document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus()
  }

  return { busy, error, fieldErrors, submit }
}
