// Owns the time zones one may choose: their names as read by people, and how far they are from UTC
// today. Refuses to guess more than the browser tells.
import type { ComboboxOption } from '@/components/ComboboxInput.vue'

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

export const zoneName = (zone: string): string => zone.replaceAll('_', ' ')

/** "UTC+2", "UTC-3:30", "UTC"; nothing for a zone this browser does not know. */
export function zoneOffset(zone: string, at: Date = new Date()): string {
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(at)
    return (parts.find((part) => part.type === 'timeZoneName')?.value ?? '').replace('GMT', 'UTC')
  } catch {
    return ''
  }
}

/** All zones of this browser, and those that must not be missing: UTC and the one in use. */
export function zoneOptions(inUse: string): ComboboxOption[] {
  const zones = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', browserZone(), inUse].filter(Boolean))
  const now = new Date()
  return [...zones].sort().map((zone) => ({ value: zone, label: zoneName(zone), detail: zoneOffset(zone, now) }))
}
