// The advice shown while a new password is typed. The server checks the password.

const MIN_LENGTH = 10
const RECOMMENDED_LENGTH = 15
const MAX_BYTES = 256

export interface PasswordAdvice {
  /** Empty, invalid, long enough, recommended. */
  level: 0 | 1 | 2 | 3
  text: string
}

export function passwordAdvice(password: string): PasswordAdvice {
  const length = [...password].length
  if (length === 0) return { level: 0, text: 'At least 10 characters; 15 or more are recommended.' }
  if (new TextEncoder().encode(password).length > MAX_BYTES) return { level: 1, text: 'Too long: at most 256 bytes.' }
  const missing = MIN_LENGTH - length
  if (missing > 0)
    return {
      level: 1,
      text: missing === 1 ? 'At least 1 more character.' : `At least ${missing} more characters.`,
    }
  if (length < RECOMMENDED_LENGTH) return { level: 2, text: 'Long enough. 15 or more characters are recommended.' }
  return { level: 3, text: 'Good length.' }
}
