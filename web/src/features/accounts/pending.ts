// Owns the sign-up that waits for its code, so that nobody types a password twice within a minute.
// Refuses any storage: it is gone with the page.

let pending: { email: string; password: string } | null = null

export function keepForVerification(email: string, password: string) {
  pending = { email, password }
}

/** Hands the credentials out once. */
export function takeVerified(email: string): { email: string; password: string } | null {
  const taken = pending?.email === email ? pending : null
  pending = null
  return taken
}
