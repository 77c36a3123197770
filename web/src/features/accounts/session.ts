// The signed-in user of this tab. The API client keeps the access token in memory; only a hint that a session exists
// survives a reload.
import { computed, reactive, readonly } from 'vue'
import {
  acceptGrant,
  blockRequests,
  clearCredential,
  endSession,
  listenToCredentials,
  refreshCredential,
} from '@/api/client'
import { ApiError } from '@/api/errors'
import type { User } from '@/api/types'
import { readPreference, writePreference } from '@/lib/storage'
import { hasUnsavedWork } from '@/lib/unsaved'
import * as accounts from './api'

/** `expired`: the session of this page ended; the user must sign in again. */
type Status = 'signed-out' | 'signed-in' | 'expired'

const HINT = 'signed-in'
const state = reactive<{ status: Status; user: User | null }>({ status: 'signed-out', user: null })
let restoring: Promise<void> | undefined

listenToCredentials({
  granted(grant) {
    state.user = grant.user
    state.status = 'signed-in'
    writePreference(HINT, '1')
  },
  expired() {
    if (state.status === 'signed-in') state.status = 'expired'
  },
})

/** Another tab signed out. With unsaved text this tab asks to sign in again instead. */
window.addEventListener('storage', (event) => {
  if (event.key !== `satchel.${HINT}` || event.newValue !== null || state.status !== 'signed-in') return
  clearCredential()
  if (hasUnsavedWork()) state.status = 'expired'
  else clear()
})

/** Signs this tab out without a request. */
function clear() {
  blockRequests()
  writePreference(HINT, null)
  state.user = null
  state.status = 'signed-out'
}

/** Once per page: requests a session only if the hint exists. */
function restore(): Promise<void> {
  restoring ??= (async () => {
    if (readPreference(HINT) === null) return
    try {
      await refreshCredential()
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return clear()
      restoring = undefined
      throw error
    }
  })()
  return restoring
}

async function signIn(login: string, password: string, code?: string) {
  acceptGrant(await accounts.login({ login, password, ...(code ? { code } : {}) }))
}

async function signOut() {
  try {
    await endSession(accounts.logout)
  } catch (error) {
    // After an error of the server there is no session to sign out of.
    if (!(error instanceof ApiError)) throw error
  }
  clear()
}

/** Ends all sessions of the account, including this one. */
async function signOutEverywhere() {
  await endSession(accounts.logoutAll)
  clear()
}

/** Ignores an answer that is older than the current state. */
function acceptUser(user: User) {
  if (state.user && (state.user.id !== user.id || state.user.version > user.version)) return
  state.user = user
}

export function useSession() {
  return {
    state: readonly(state),
    signedIn: computed(() => state.status === 'signed-in'),
    restore,
    signIn,
    signOut,
    signOutEverywhere,
    acceptUser,
    clear,
  }
}
