// Keyboard shortcuts that format the selection as Markdown: bold, italic, code, link.
import { EditorSelection, type ChangeSpec, type EditorState, type Transaction } from '@codemirror/state'
import type { Command, KeyBinding } from '@codemirror/view'

interface Target {
  state: EditorState
  dispatch: (transaction: Transaction) => void
}

/** Wraps each selection in the marker, or removes the marker from around it. */
export function toggleMarker(marker: string) {
  return ({ state, dispatch }: Target): boolean => {
    const width = marker.length
    const change = state.changeByRange((range) => {
      const before = state.sliceDoc(range.from - width, range.from)
      const after = state.sliceDoc(range.to, range.to + width)
      if (before === marker && after === marker) {
        const changes: ChangeSpec = [
          { from: range.from - width, to: range.from },
          { from: range.to, to: range.to + width },
        ]
        return { changes, range: EditorSelection.range(range.anchor - width, range.head - width) }
      }
      const changes: ChangeSpec = [
        { from: range.from, insert: marker },
        { from: range.to, insert: marker },
      ]
      return { changes, range: EditorSelection.range(range.anchor + width, range.head + width) }
    })
    dispatch(state.update(change, { userEvent: 'input.format', scrollIntoView: true }))
    return true
  }
}

/** Makes the selection the text of a link and puts the cursor where the URL goes. */
export function insertLink({ state, dispatch }: Target): boolean {
  const change = state.changeByRange((range) => {
    const label = state.sliceDoc(range.from, range.to)
    const cursor = label ? range.from + label.length + 3 : range.from + 1
    return {
      changes: { from: range.from, to: range.to, insert: `[${label}]()` },
      range: EditorSelection.cursor(cursor),
    }
  })
  dispatch(state.update(change, { userEvent: 'input.format', scrollIntoView: true }))
  return true
}

const bind = (key: string, run: Command): KeyBinding => ({ key, run, preventDefault: true })

export const formattingKeymap: KeyBinding[] = [
  bind('Mod-b', toggleMarker('**')),
  bind('Mod-i', toggleMarker('*')),
  bind('Mod-e', toggleMarker('`')),
  bind('Mod-k', insertLink),
]
