// Owns keyboard shortcuts: who listens for which key, when a key must be left alone, and the switch
// that turns single keys off (WCAG 2.1.4). Refuses to know what a shortcut does.
import { onBeforeUnmount, onMounted, shallowReactive } from 'vue'
import { useSwitch } from './storage'

export interface Shortcut {
  /** A key as `KeyboardEvent.key` names it, two keys in a row ("g n"), or with "mod+" for Ctrl or ⌘. */
  keys: string
  label: string
  group: string
  run: () => void
  /** Where the key means something else, it is left alone: Ctrl A outside of the list. */
  when?: (event: KeyboardEvent) => boolean
}

const SEQUENCE_MS = 1200
const registered = shallowReactive<Set<Shortcut>>(new Set())
let prefix = ''
let prefixAt = 0

export const singleKeys = useSwitch('single-keys')

export function listShortcuts(): Shortcut[] {
  return [...registered]
}

/** Registers shortcuts for as long as the calling component is on the page. */
export function useShortcuts(shortcuts: Shortcut[]) {
  onMounted(() => shortcuts.forEach((shortcut) => registered.add(shortcut)))
  onBeforeUnmount(() => shortcuts.forEach((shortcut) => registered.delete(shortcut)))
}

export const isApple = /Mac|iP(hone|ad|od)/.test(navigator.platform)

export function keyWords(keys: string): string[] {
  const name = (key: string) => ({ Escape: 'Esc', ' ': 'Space', ArrowUp: '↑', ArrowDown: '↓' })[key] ?? key
  if (keys.startsWith('mod+')) return [isApple ? '⌘' : 'Ctrl', keys.slice(4).toUpperCase()]
  return keys === ' ' ? [name(keys)] : keys.split(' ').map(name)
}

/** The editor lives in a shadow root: the composed path tells where the key was really pressed. */
export const whileNotTyping = (event: KeyboardEvent) => !isTyping(event.composedPath()[0])

function isTyping(target: EventTarget | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement && target.type === 'checkbox') return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

function isCovered(): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null
}

function find(keys: string): Shortcut | undefined {
  return [...registered].findLast((shortcut) => shortcut.keys === keys)
}

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
  if (event.defaultPrevented || event.isComposing || isCovered()) return
  const shortcut = match(event)
  if (!shortcut || shortcut.when?.(event) === false) return
  event.preventDefault()
  shortcut.run()
})
