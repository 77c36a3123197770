// Configures CodeMirror for Markdown: keys, styles by the page's design tokens, changes from outside.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { markdownKeymap, markdownLanguage } from '@codemirror/lang-markdown'
import { HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { openSearchPanel, search, searchKeymap } from '@codemirror/search'
import { Annotation, EditorState, Prec } from '@codemirror/state'
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { changes } from '@/lib/textDiff'
import { blockStyling } from './markdownBlocks'
import { formattingKeymap } from './markdownFormat'

/** Marks a change that was not typed, so that it is not reported to `onChange`. */
const isExternal = Annotation.define<boolean>()

const highlighting = HighlightStyle.define([
  { tag: tags.heading1, fontSize: '1.5em', fontWeight: '650', lineHeight: '1.35' },
  { tag: tags.heading2, fontSize: '1.25em', fontWeight: '650', lineHeight: '1.4' },
  { tag: [tags.heading3, tags.heading4, tags.heading5, tags.heading6], fontSize: '1.08em', fontWeight: '650' },
  { tag: tags.strong, fontWeight: '650' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strikethrough, textDecoration: 'line-through' },
  { tag: tags.monospace, fontFamily: 'var(--font-mono)', fontSize: '0.9em' },
  { tag: tags.quote, color: 'var(--text-muted)' },
  { tag: [tags.link, tags.labelName], color: 'var(--accent)' },
  { tag: tags.url, color: 'var(--text-muted)', overflowWrap: 'anywhere' },
  // Markdown characters stay visible but muted.
  { tag: [tags.processingInstruction, tags.contentSeparator], color: 'var(--text-muted)' },
  { tag: [tags.keyword, tags.atom], color: 'var(--accent)' },
  { tag: [tags.comment, tags.meta], color: 'var(--text-muted)' },
])

const theme = EditorView.theme({
  '&': { flex: '1', color: 'var(--text)', backgroundColor: 'transparent', fontSize: '1rem' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-sans)', lineHeight: 'var(--leading-prose)', overflow: 'visible' },
  '.cm-content': { padding: '0 0 30vh', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-placeholder': { color: 'var(--text-muted)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'color-mix(in oklab, var(--accent) 24%, transparent)',
  },
  '.cm-code': {
    backgroundColor: 'var(--canvas)',
    paddingInline: '0.75rem',
    fontFamily: 'var(--font-mono)',
    fontSize: '0.9em',
  },
  '.cm-table': { fontFamily: 'var(--font-mono)', fontSize: '0.875em' },
  '.cm-quote': { borderLeft: '3px solid var(--line)', paddingLeft: '0.75rem' },
  '.cm-inline-code': { backgroundColor: 'var(--canvas)', borderRadius: '4px', padding: '0.1em 0.25em' },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--text)', borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search': { padding: '0.5rem 2rem 0.5rem 0.5rem', fontFamily: 'var(--font-sans)' },
  '.cm-textfield': {
    border: '1px solid var(--line-control)',
    borderRadius: 'var(--radius-sm)',
    backgroundColor: 'var(--surface)',
    padding: '0.25rem 0.5rem',
    fontSize: '0.875rem',
  },
  '.cm-button': {
    border: '1px solid var(--line-control)',
    borderRadius: 'var(--radius-sm)',
    backgroundColor: 'var(--surface)',
    backgroundImage: 'none',
    color: 'var(--text)',
    padding: '0.25rem 0.5rem',
    fontSize: '0.875rem',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--mark)' },
  '.cm-searchMatch-selected': { outline: '2px solid var(--accent)' },
})

/** For a text that is one of several fields. */
const smallTheme = Prec.highest(
  EditorView.theme({ '&': { fontSize: '0.9375rem' }, '.cm-content': { padding: '0 0 1rem' } }),
)

export interface MarkdownViewOptions {
  label: string
  hint: string
  small?: boolean
}

export function createMarkdownView(
  root: ShadowRoot,
  text: string,
  { label, hint, small }: MarkdownViewOptions,
  onChange: (text: string) => void,
): EditorView {
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        keepLineEnding(text),
        history(),
        drawSelection(),
        search({ top: false }),
        EditorView.lineWrapping,
        indentUnit.of('  '),
        // Not markdown(): it would load the languages HTML, CSS and JavaScript too.
        markdownLanguage,
        syntaxHighlighting(highlighting),
        blockStyling,
        theme,
        ...(small ? [smallTheme] : []),
        placeholder(hint),
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'true', autocapitalize: 'sentences' }),
        keymap.of([
          ...formattingKeymap,
          ...markdownKeymap,
          { key: 'Mod-f', run: openSearchPanel },
          ...searchKeymap,
          ...historyKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged || update.transactions.some((change) => change.annotation(isExternal))) return
          onChange(update.state.sliceDoc())
        }),
      ],
    }),
  })
}

/** CodeMirror normalizes line ends. A text with CRLF keeps it, or every line would count as changed. */
function keepLineEnding(text: string) {
  const crlf = text.includes('\r\n') && !/[^\r]\n/.test(text)
  return crlf ? EditorState.lineSeparator.of('\r\n') : []
}

/** Replaces only the words that differ, so that cursor and selection stay where they are. One step for undo. */
export function replaceText(view: EditorView, text: string) {
  const old = view.state.sliceDoc()
  if (old === text) return
  const spec = view.state.toText(text)
  if (view.state.doc.eq(spec)) return
  view.dispatch({ changes: changes(view.state.doc.toString(), spec.toString()), annotations: isExternal.of(true) })
}
