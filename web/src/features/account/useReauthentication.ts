// Owns the proof asked for before anything that could take an account over: the password, and a code
// where there is a second factor. Refuses to keep either longer than the dialog.
import { computed, reactive, ref } from 'vue'
import { ApiError } from '@/api/errors'
import type { Proof } from '@/api/types'
import { useSession } from '@/features/accounts/session'

export function useReauthentication() {
  const { state } = useSession()
  const fields = reactive({ password: '', code: '' })
  const errors = reactive({ password: '', code: '' })
  /** Switched on in another tab meanwhile: the server says so. */
  const askedForCode = ref(false)
  const needsCode = computed(() => state.user?.totp_enabled === true || askedForCode.value)

  /** What is to be sent, or nothing when a field is still empty. */
  function take(): Proof | undefined {
    errors.password = fields.password ? '' : 'Enter your password.'
    errors.code = needsCode.value && !fields.code.trim() ? 'Enter a code.' : ''
    if (errors.password || errors.code) return undefined
    return { password: fields.password, ...(needsCode.value ? { code: fields.code.trim() } : {}) }
  }

  /** Puts a refusal to the field it is about; false when the failure is another one. */
  function refuse(failure: unknown): boolean {
    if (!(failure instanceof ApiError)) return false
    switch (failure.code) {
      case 'reauthentication_required':
        errors.password = 'The password is not right.'
        return true
      case 'second_factor_required':
        errors.code = 'Enter a code from your authenticator app as well.'
        break
      case 'second_factor_invalid':
        errors.code = 'This code is not right, or it was used before.'
        break
      default:
        return false
    }
    askedForCode.value = true
    fields.code = ''
    return true
  }

  return { fields, errors, needsCode, take, refuse }
}

export type Reauthentication = ReturnType<typeof useReauthentication>
