// Owns the words beside a new password while it is typed. Refuses to judge: the server does, with its
// list of passwords that are tried first.

const LEAST = 10
const RECOMMENDED = 15
const MOST_BYTES = 256

export interface PasswordAdvice {
  /** How far along: nothing yet, too short, enough, as long as recommended. */
  level: 0 | 1 | 2 | 3
  words: string
}

export function passwordAdvice(password: string): PasswordAdvice {
  const length = [...password].length
  if (length === 0)
    return { level: 0, words: 'At least 10 characters; 15 or more are much safer. Any characters will do.' }
  if (new TextEncoder().encode(password).length > MOST_BYTES)
    return { level: 1, words: 'This is longer than we can take: 256 bytes at most.' }
  const missing = LEAST - length
  if (missing > 0)
    return {
      level: 1,
      words: missing === 1 ? 'One character more, at least.' : `${missing} characters more, at least.`,
    }
  if (length < RECOMMENDED) return { level: 2, words: 'Long enough. 15 characters or more are much safer.' }
  return { level: 3, words: 'A good length.' }
}
