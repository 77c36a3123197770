// Owns the choice light, dark or the system's. Refuses colours: they are tokens.
import { ref, watch } from 'vue'
import { readPreference, writePreference } from './storage'

export const THEMES = [
  { value: 'system', label: 'Same as system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

export type Theme = (typeof THEMES)[number]['value']

const stored = readPreference('theme')
export const theme = ref<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system')

watch(theme, (chosen) => {
  writePreference('theme', chosen === 'system' ? null : chosen)
  if (chosen === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = chosen
})
