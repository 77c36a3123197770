// Styles whole lines (code blocks, quotes, tables) and inline code in CodeMirror, which highlighting by tag cannot do.
import { syntaxTree } from '@codemirror/language'
import { RangeSetBuilder } from '@codemirror/state'
import { Decoration, ViewPlugin, type DecorationSet, type EditorView, type ViewUpdate } from '@codemirror/view'

const LINES: Record<string, Decoration> = {
  FencedCode: Decoration.line({ class: 'cm-code' }),
  CodeBlock: Decoration.line({ class: 'cm-code' }),
  Table: Decoration.line({ class: 'cm-table' }),
  Blockquote: Decoration.line({ class: 'cm-quote' }),
}
const INLINE = Decoration.mark({ class: 'cm-inline-code' })

function decorate(view: EditorView): DecorationSet {
  const found: { from: number; to: number; decoration: Decoration }[] = []
  const seen = new Set<string>()
  for (const range of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from: range.from,
      to: range.to,
      enter(node) {
        if (node.name === 'InlineCode') found.push({ from: node.from, to: node.to, decoration: INLINE })
        const decoration = LINES[node.name]
        if (!decoration) return
        for (let at = Math.max(node.from, range.from); at <= Math.min(node.to, range.to);) {
          const line = view.state.doc.lineAt(at)
          const key = `${node.name}:${line.from}`
          if (!seen.has(key)) found.push({ from: line.from, to: line.from, decoration })
          seen.add(key)
          at = line.to + 1
        }
      },
    })
  }
  found.sort((a, b) => a.from - b.from || a.decoration.startSide - b.decoration.startSide)
  const builder = new RangeSetBuilder<Decoration>()
  for (const { from, to, decoration } of found) builder.add(from, to, decoration)
  return builder.finish()
}

export const blockStyling = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = decorate(view)
    }
    update(update: ViewUpdate) {
      const parsed = syntaxTree(update.startState) !== syntaxTree(update.state)
      if (update.docChanged || update.viewportChanged || parsed) this.decorations = decorate(update.view)
    }
  },
  { decorations: (plugin) => plugin.decorations },
)
