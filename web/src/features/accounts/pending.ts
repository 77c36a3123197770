// The credentials of a registration that waits for its code, in memory, so that the user is signed in after entering it.

let pending: { email: string; password: string } | null = null

export function rememberCredentials(email: string, password: string) {
  pending = { email, password }
}

/** Returns the credentials once. */
export function takeCredentials(email: string): { email: string; password: string } | null {
  const credentials = pending?.email === email ? pending : null
  pending = null
  return credentials
}
