// Preferences in localStorage, one key each. If the browser refuses storage they last as long as the page.
import { type Serializer, useLocalStorage } from '@vueuse/core'

const keyOf = (name: string) => `satchel.${name}`

/** A reactive preference. Another tab reads it when it is loaded. */
export const usePreference = <T>(name: string, initial: T, serializer: Serializer<T>) =>
  useLocalStorage<T>(keyOf(name), initial, {
    serializer,
    writeDefaults: false,
    listenToStorageChanges: false,
    onError: () => {},
  })

/** A preference with a fixed set of values; any other stored value counts as the initial one. */
export const useChoice = <T extends string>(name: string, values: readonly T[], initial: T) =>
  usePreference<T>(name, initial, {
    read: (raw) => values.find((value) => value === raw) ?? initial,
    write: (value) => value,
  })

/** A preference that is on unless it was switched off. */
export const useSwitch = (name: string) =>
  usePreference(name, true, { read: (raw) => raw !== 'off', write: (on) => (on ? 'on' : 'off') })

export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(keyOf(name))
  } catch {
    return null
  }
}

export function writePreference(name: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(keyOf(name))
    else localStorage.setItem(keyOf(name), value)
  } catch {
    // See above.
  }
}
