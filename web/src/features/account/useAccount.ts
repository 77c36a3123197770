// Changes of the signed-in account, which update the session.
import { computed } from 'vue'
import { ApiError } from '@/api/errors'
import type { Proof, User } from '@/api/types'
import { useSession } from '@/features/accounts/session'
import * as api from './api'

export function useAccount() {
  const { state, acceptUser, clear, signOutEverywhere } = useSession()
  const user = computed<User | null>(() => state.user)

  async function reload() {
    acceptUser(await api.readAccount())
  }

  return {
    user,
    reload,
    updateProfile: async (change: { display_name?: string; time_zone?: string }) =>
      acceptUser(await api.updateAccount(change)),
    changePassword: ({ password, code }: Proof, next: string) =>
      api.changePassword({ current_password: password, new_password: next, ...(code ? { code } : {}) }),
    changeEmail: (proof: Proof, email: string) => api.changeEmail({ ...proof, email }),
    confirmEmail: async (code: string) => acceptUser(await api.confirmEmail(code)),
    beginTotp: api.beginTotp,
    async confirmTotp(code: string): Promise<string[]> {
      const { recovery_codes: codes } = await api.confirmTotp(code)
      // An error must not prevent that the codes are shown.
      await reload().catch(() => {})
      return codes
    },
    async removeTotp(proof: Proof) {
      await api.removeTotp(proof)
      await reload().catch(() => {})
    },
    async deleteAccount(proof: Proof) {
      await api.deleteAccount(proof)
      clear()
    },
    signOutEverywhere,
  }
}

/** The server rejected a six-digit code. */
export const isCodeInvalid = (error: unknown): boolean => error instanceof ApiError && error.code === 'code_invalid'
