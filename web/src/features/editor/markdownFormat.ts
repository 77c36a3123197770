// Owns the formatting keys: put signs around the selection, or take them away again. Refuses anything
// that is not plain Markdown.
import { EditorSelection, type ChangeSpec, type EditorState, type Transaction } from '@codemirror/state'
import type { Command, KeyBinding } from '@codemirror/view'

interface Target {
  state: EditorState
  dispatch: (transaction: Transaction) => void
}

/** Wraps each selection in `sign`; a selection that stands in it already is unwrapped. */
export function toggleAround(sign: string) {
  return ({ state, dispatch }: Target): boolean => {
    const width = sign.length
    const change = state.changeByRange((range) => {
      const before = state.sliceDoc(range.from - width, range.from)
      const after = state.sliceDoc(range.to, range.to + width)
      if (before === sign && after === sign) {
        const changes: ChangeSpec = [
          { from: range.from - width, to: range.from },
          { from: range.to, to: range.to + width },
        ]
        return { changes, range: EditorSelection.range(range.anchor - width, range.head - width) }
      }
      const changes: ChangeSpec = [
        { from: range.from, insert: sign },
        { from: range.to, insert: sign },
      ]
      return { changes, range: EditorSelection.range(range.anchor + width, range.head + width) }
    })
    dispatch(state.update(change, { userEvent: 'input.format', scrollIntoView: true }))
    return true
  }
}

/** Turns the selection into a link and puts the cursor where the address goes. */
export function insertLink({ state, dispatch }: Target): boolean {
  const change = state.changeByRange((range) => {
    const words = state.sliceDoc(range.from, range.to)
    const cursor = words ? range.from + words.length + 3 : range.from + 1
    return {
      changes: { from: range.from, to: range.to, insert: `[${words}]()` },
      range: EditorSelection.cursor(cursor),
    }
  })
  dispatch(state.update(change, { userEvent: 'input.format', scrollIntoView: true }))
  return true
}

const bind = (key: string, run: Command): KeyBinding => ({ key, run, preventDefault: true })

export const formattingKeymap: KeyBinding[] = [
  bind('Mod-b', toggleAround('**')),
  bind('Mod-i', toggleAround('*')),
  bind('Mod-e', toggleAround('`')),
  bind('Mod-k', insertLink),
]
