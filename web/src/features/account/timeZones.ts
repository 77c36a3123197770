// The selectable time zones with their names and offsets.
import type { ComboboxOption } from '@/components/ComboboxInput.vue'

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

export const zoneName = (zone: string): string => zone.replaceAll('_', ' ')

/** "UTC+2", "UTC-3:30", "UTC"; empty for a zone that the browser does not know. */
export function zoneOffset(zone: string, at: Date = new Date()): string {
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(at)
    return (parts.find((part) => part.type === 'timeZoneName')?.value ?? '').replace('GMT', 'UTC')
  } catch {
    return ''
  }
}

/** All zones of the browser, UTC, and the current one. */
export function zoneOptions(current: string): ComboboxOption[] {
  const zones = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', browserZone(), current].filter(Boolean))
  const now = new Date()
  return [...zones].sort().map((zone) => ({ value: zone, label: zoneName(zone), detail: zoneOffset(zone, now) }))
}
