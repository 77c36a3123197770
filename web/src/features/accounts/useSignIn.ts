// Signing in: user name and password, then a code with two-factor authentication.
import { computed, ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'
import { useSubmit } from '@/lib/useSubmit'
import { useSession } from './session'

interface Options {
  done: () => unknown
  /** The e-mail address is not confirmed yet. */
  unverified?: () => Promise<unknown>
  wrongPassword: string
}

export function useSignIn(options: Options) {
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
      if (failure.code === 'email_not_verified' && options.unverified) return void (await options.unverified())
      // The password was changed between the two steps.
      if (failure.code === 'invalid_credentials') step.value = 'password'
      throw failure
    }
    await options.done()
  }, describe)

  function askForCode(wrong: boolean) {
    step.value = 'code'
    code.value = ''
    if (wrong) codeError.value = 'This code is wrong or was already used.'
  }

  function describe(failure: unknown): string {
    if (failure instanceof ApiError) {
      if (failure.code === 'account_disabled') return 'This account is disabled. Contact your administrator.'
      if (failure.status === 401) return options.wrongPassword
    }
    return describeError(failure)
  }

  function restart() {
    step.value = 'password'
    password.value = ''
    code.value = ''
    codeError.value = ''
    form.error.value = ''
  }

  return { ...form, login, password, code, codeError, step: computed(() => step.value), restart }
}
