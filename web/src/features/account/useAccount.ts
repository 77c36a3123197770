// Owns what a person may change about the own account, and that the rest of the page learns of it.
// Refuses words and fields: the screens have them.
import { computed } from 'vue'
import { ApiError } from '@/api/errors'
import type { Proof, User } from '@/api/types'
import { useSession } from '@/features/accounts/session'
import * as me from './api'

export function useAccount() {
  const { state, acceptUser, abandon, signOutEverywhere } = useSession()
  const user = computed<User | null>(() => state.user)

  async function reload() {
    acceptUser(await me.readMe())
  }

  return {
    user,
    reload,
    updateProfile: async (change: { display_name?: string; time_zone?: string }) =>
      acceptUser(await me.updateMe(change)),
    changePassword: ({ password, code }: Proof, next: string) =>
      me.changePassword({ current_password: password, new_password: next, ...(code ? { code } : {}) }),
    changeEmail: (proof: Proof, email: string) => me.changeEmail({ ...proof, email }),
    confirmEmail: async (code: string) => acceptUser(await me.confirmEmail(code)),
    beginTotp: me.beginTotp,
    async confirmTotp(code: string): Promise<string[]> {
      const { recovery_codes: codes } = await me.confirmTotp(code)
      // The codes are shown whatever becomes of this.
      await reload().catch(() => {})
      return codes
    },
    async removeTotp(proof: Proof) {
      await me.removeTotp(proof)
      await reload().catch(() => {})
    },
    async deleteAccount(proof: Proof) {
      await me.removeMe(proof)
      abandon()
    },
    signOutEverywhere,
  }
}

/** A six-digit code the server did not take. */
export const isCodeRefused = (failure: unknown): boolean =>
  failure instanceof ApiError && failure.code === 'code_invalid'
