// Owns the one sentence a screen reader is to say next, and the silence asked for by a change of
// address that is no change of screen. Refuses anything visible.
import { ref } from 'vue'

export const announcement = ref('')
let quiet = false

/** Told again even when the words are the same: the trailing no-break space makes them differ. */
export function announce(words: string) {
  announcement.value = announcement.value === words ? `${words}\u00a0` : words
}

/** Navigates without announcement and without moving the focus: a new note gets its address. */
export async function quietly(navigate: () => Promise<unknown>) {
  quiet = true
  try {
    await navigate()
  } finally {
    quiet = false
  }
}

export const isQuiet = () => quiet
