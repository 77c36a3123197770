// Keyboard shortcuts of the components on the page. Shortcuts of one character can be switched off (WCAG 2.1.4).
import { onBeforeUnmount, onMounted, shallowReactive } from 'vue'
import { useSwitch } from './storage'

export interface Shortcut {
  /** A value of `KeyboardEvent.key`, two of them in a row ("g n"), or one with "mod+" for Ctrl or ⌘. */
  keys: string
  label: string
  group: string
  run: () => void
  /** If it returns false, the key has its usual effect. */
  when?: (event: KeyboardEvent) => boolean
}

const SEQUENCE_MS = 1200
const registered = shallowReactive<Set<Shortcut>>(new Set())
let prefix = ''
let prefixAt = 0

export const singleKeys = useSwitch('single-keys')

export const listShortcuts = (): Shortcut[] => [...registered]

/** Registers shortcuts for as long as the calling component is mounted. */
export function useShortcuts(shortcuts: Shortcut[]) {
  onMounted(() => shortcuts.forEach((shortcut) => registered.add(shortcut)))
  onBeforeUnmount(() => shortcuts.forEach((shortcut) => registered.delete(shortcut)))
}

export const isApple = /Mac|iP(hone|ad|od)/.test(navigator.platform)

const KEY_NAMES: Record<string, string> = { Escape: 'Esc', ' ': 'Space', ArrowUp: '↑', ArrowDown: '↓' }

/** The keys as they are labelled on a keyboard. */
export function keyLabels(keys: string): string[] {
  if (keys.startsWith('mod+')) return [isApple ? '⌘' : 'Ctrl', keys.slice(4).toUpperCase()]
  return (keys === ' ' ? [keys] : keys.split(' ')).map((key) => KEY_NAMES[key] ?? key)
}

/** The editor is in a shadow root, so the target of the event may be its host. */
export const whileNotTyping = (event: KeyboardEvent) => !isTextField(event.composedPath()[0])

function isTextField(target: EventTarget | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement && target.type === 'checkbox') return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

const isOverlayOpen = () => document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null

/** If several components register the same keys, the last one wins. */
const find = (keys: string) => [...registered].findLast((shortcut) => shortcut.keys === keys)

function match(event: KeyboardEvent): Shortcut | undefined {
  if (event.ctrlKey || event.metaKey) {
    const mod = isApple ? event.metaKey : event.ctrlKey
    return mod && !event.altKey ? find(`mod+${event.key.toLowerCase()}`) : undefined
  }
  if (event.altKey || !singleKeys.value || !whileNotTyping(event)) return undefined
  const sequence = Date.now() - prefixAt < SEQUENCE_MS ? find(`${prefix} ${event.key}`) : undefined
  prefix = event.key
  prefixAt = Date.now()
  return sequence ?? find(event.key)
}

window.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || isOverlayOpen()) return
  const shortcut = match(event)
  if (!shortcut || shortcut.when?.(event) === false) return
  event.preventDefault()
  shortcut.run()
})
