// The keyboard shortcuts of a selection, the same in every list.
import type { Shortcut } from './shortcuts'

interface Options {
  selection: { all: () => void; clear: () => void }
  /** Selects the focused item, or removes it from the selection. */
  toggle: () => void
  /** Extends the selection to the next item, or to the previous one. */
  extend: (step: 1 | -1) => void
}

const GROUP = 'Selection'

export const selectionShortcuts = ({ selection, toggle, extend }: Options): Shortcut[] => [
  { keys: 'x', label: 'Select or unselect', group: GROUP, run: toggle },
  { keys: 'J', label: 'Extend the selection down (or Shift ↓)', group: GROUP, run: () => extend(1) },
  { keys: 'K', label: 'Extend the selection up (or Shift ↑)', group: GROUP, run: () => extend(-1) },
  { keys: '* a', label: 'Select all (or Ctrl A in the list)', group: GROUP, run: selection.all },
  { keys: '* n', label: 'Select none', group: GROUP, run: selection.clear },
]
