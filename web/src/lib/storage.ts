// Owns the few small preferences kept in localStorage. Refuses secrets and anything a person wrote.

export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(`satchel.${name}`)
  } catch {
    return null
  }
}

export function writePreference(name: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(`satchel.${name}`)
    else localStorage.setItem(`satchel.${name}`, value)
  } catch {
    // Private windows may refuse storage: the preference then lasts as long as the page.
  }
}
