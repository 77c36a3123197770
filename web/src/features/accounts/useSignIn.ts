// Owns signing in in its two steps: name and password, then a code where the account asks for one.
// Refuses to tell which half of a wrong first step was wrong, and to know what comes after.
import { computed, ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'
import { useSubmit } from '@/lib/useSubmit'
import { useSession } from './session'

interface Outcomes {
  done: () => unknown
  /** The password was right, the address is not confirmed yet. */
  unverified?: () => Promise<unknown>
  wrongPassword: string
}

export function useSignIn(outcomes: Outcomes) {
  const { signIn } = useSession()
  const login = ref('')
  const password = ref('')
  const code = ref('')
  const codeError = ref('')
  const step = ref<'password' | 'code'>('password')

  const form = useSubmit(async () => {
    codeError.value = ''
    const sent = step.value === 'code' ? code.value.trim() : ''
    if (step.value === 'code' && !sent) {
      codeError.value = 'Enter a code.'
      return
    }
    try {
      await signIn(login.value.trim(), password.value, sent || undefined)
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      if (failure.code === 'mfa_required') return askForCode(Boolean(sent))
      if (failure.code === 'email_not_verified' && outcomes.unverified) return void (await outcomes.unverified())
      // The password was changed between the two steps, or the code step was left open too long.
      if (failure.code === 'invalid_credentials') step.value = 'password'
      throw failure
    }
    await outcomes.done()
  }, explain)

  function askForCode(again: boolean) {
    step.value = 'code'
    code.value = ''
    if (again) codeError.value = 'This code is not right, or it was used before. Enter another one.'
  }

  function explain(failure: unknown): string {
    if (failure instanceof ApiError) {
      if (failure.code === 'account_disabled') return 'This account is disabled. Ask your administrator.'
      if (failure.status === 401) return outcomes.wrongPassword
    }
    return describeError(failure)
  }

  function startAgain() {
    step.value = 'password'
    password.value = ''
    code.value = ''
    codeError.value = ''
    form.error.value = ''
  }

  return { ...form, login, password, code, codeError, step: computed(() => step.value), startAgain }
}
