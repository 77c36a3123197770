// The chosen theme. `styles/theme-boot.js` applies it before the first paint.
import { watch } from 'vue'
import { useChoice } from './storage'

export const THEMES = [
  { value: 'system', label: 'Same as system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

export type Theme = (typeof THEMES)[number]['value']

export const theme = useChoice<Theme>(
  'theme',
  THEMES.map((option) => option.value),
  'system',
)

watch(theme, (chosen) => {
  if (chosen === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = chosen
})
