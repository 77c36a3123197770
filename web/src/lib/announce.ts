// The live region of the page: what a screen reader announces next.
import { ref } from 'vue'

export const announcement = ref('')
let silent = false

export function announce(text: string) {
  // The no-break space makes a repeated text differ, or it would not be announced again.
  announcement.value = announcement.value === text ? `${text}\u00a0` : text
}

/** Navigates without announcing the screen and without moving the focus, for example when a new note gets its id. */
export async function navigateSilently(navigate: () => Promise<unknown>) {
  silent = true
  try {
    await navigate()
  } finally {
    silent = false
  }
}

export const isSilent = () => silent
