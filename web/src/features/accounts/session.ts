// Owns the only global store: who is signed in. Refuses to keep the token (the API client has it in
// memory) and to remember more across reloads than the hint that somebody was signed in.
import { computed, reactive, readonly } from 'vue'
import {
  acceptGrant,
  endCredential,
  forgetCredential,
  leaveWith,
  listenToCredentials,
  refreshCredential,
} from '@/api/client'
import { ApiError } from '@/api/errors'
import type { User } from '@/api/types'
import { readPreference, writePreference } from '@/lib/storage'
import { hasUnsavedWork } from '@/lib/unsaved'
import * as accounts from './api'

/** `expired`: somebody was signed in on this very page and must give the password again. */
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

/** Another tab signed out. Text that is not saved yet outweighs tidiness: then this tab asks first. */
window.addEventListener('storage', (event) => {
  if (event.key !== `satchel.${HINT}` || event.newValue !== null || state.status !== 'signed-in') return
  forgetCredential()
  if (hasUnsavedWork()) state.status = 'expired'
  else end()
})

function end() {
  endCredential()
  writePreference(HINT, null)
  state.user = null
  state.status = 'signed-out'
}

/** Once per page: asks for a session only where somebody was signed in before. */
function restore(): Promise<void> {
  restoring ??= (async () => {
    if (readPreference(HINT) === null) return
    try {
      await refreshCredential()
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return end()
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
    await leaveWith(accounts.logout)
  } catch (error) {
    // A refused sign-out means that there was nothing left to sign out of.
    if (!(error instanceof ApiError)) throw error
  }
  end()
}

/** Ends every sign-in of this account, this one included. */
async function signOutEverywhere() {
  await leaveWith(accounts.logoutAll)
  end()
}

/** The account has changed; a slower answer about an older one is not taken. */
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
    abandon: end,
  }
}
