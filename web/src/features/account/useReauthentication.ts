// The password, and a code with two-factor authentication, that the server requires for sensitive changes.
import { computed, reactive, ref } from 'vue'
import { ApiError } from '@/api/errors'
import type { Proof } from '@/api/types'
import { useSession } from '@/features/accounts/session'

export function useReauthentication() {
  const { state } = useSession()
  const fields = reactive({ password: '', code: '' })
  const errors = reactive({ password: '', code: '' })
  /** The server requires a code: it was enabled in another tab. */
  const codeRequired = ref(false)
  const needsCode = computed(() => state.user?.totp_enabled === true || codeRequired.value)

  /** Undefined if a field is empty. */
  function validate(): Proof | undefined {
    errors.password = fields.password ? '' : 'Enter your password.'
    errors.code = needsCode.value && !fields.code.trim() ? 'Enter a code.' : ''
    if (errors.password || errors.code) return undefined
    return { password: fields.password, ...(needsCode.value ? { code: fields.code.trim() } : {}) }
  }

  /** Shows the error at its field. Returns false for other errors. */
  function showError(error: unknown): boolean {
    if (!(error instanceof ApiError)) return false
    switch (error.code) {
      case 'reauthentication_required':
        errors.password = 'The password is wrong.'
        return true
      case 'second_factor_required':
        errors.code = 'Enter a code from your authenticator app.'
        break
      case 'second_factor_invalid':
        errors.code = 'This code is wrong or was already used.'
        break
      default:
        return false
    }
    codeRequired.value = true
    fields.code = ''
    return true
  }

  return { fields, errors, needsCode, validate, showError }
}

export type Reauthentication = ReturnType<typeof useReauthentication>
