// Renders Markdown (GFM tables and task lists) as safe HTML: no raw HTML, no remote images, no style attributes.
import DOMPurify from 'dompurify'
import MarkdownIt, { type RendererRule, type StateCore } from 'markdown-it'

const TASK = /^\[([ xX])\][ \t]+/
const md = new MarkdownIt({ html: false, linkify: true })

/** Marks list items that start with [ ] or [x], with their line number. */
function findTasks(state: StateCore) {
  const { tokens } = state
  for (let i = 2; i < tokens.length; i += 1) {
    const inline = tokens[i]!
    if (
      inline.type !== 'inline' ||
      tokens[i - 1]!.type !== 'paragraph_open' ||
      tokens[i - 2]!.type !== 'list_item_open'
    )
      continue
    const first = inline.children?.[0]
    const match = first?.type === 'text' ? TASK.exec(first.content) : null
    if (!first || !match || !inline.children) continue
    first.content = first.content.slice(match[0].length)
    tokens[i - 2]!.attrJoin('class', 'task')
    const open = new state.Token('task_open', '', 0)
    open.meta = { checked: match[1] !== ' ', line: inline.map?.[0] ?? 0 }
    inline.children.unshift(open)
    inline.children.push(new state.Token('task_close', '', 0))
  }
}
md.core.ruler.after('inline', 'tasks', findTasks)

md.renderer.rules.task_open = (tokens, index, _options, env) => {
  const { checked, line } = tokens[index]!.meta as { checked: boolean; line: number }
  const state = `${checked ? ' checked' : ''}${env?.readOnly ? ' disabled' : ''}`
  return `<label><input type="checkbox" data-line="${line}"${state}><span>`
}
md.renderer.rules.task_close = () => '</span></label>'

/** markdown-it aligns columns by a style attribute, which the Content-Security-Policy blocks: use a class. */
const alignedCell: RendererRule = (tokens, index, options, _env, self) => {
  const token = tokens[index]!
  const align = /text-align:(\w+)/.exec(String(token.attrGet('style') ?? ''))?.[1]
  token.attrs = align ? [['class', `align-${align}`]] : null
  return self.renderToken(tokens, index, options)
}
md.renderer.rules.th_open = alignedCell
md.renderer.rules.td_open = alignedCell

md.renderer.rules.link_open = (tokens, index, options, _env, self) => {
  tokens[index]!.attrSet('target', '_blank')
  tokens[index]!.attrSet('rel', 'noopener noreferrer')
  return self.renderToken(tokens, index, options)
}

/** A remote image would tell its host who reads the note, and the Content-Security-Policy blocks it: show a link. */
md.renderer.rules.image = (tokens, index) => {
  const token = tokens[index]!
  const source = String(token.attrGet('src') ?? '')
  const alt = md.utils.escapeHtml(token.content)
  const address = md.utils.escapeHtml(source)
  if (/^(\/(?!\/)|data:image\/)/.test(source)) return `<img src="${address}" alt="${alt}" loading="lazy">`
  return `<a href="${address}" target="_blank" rel="noopener noreferrer">Image: ${alt || address}</a>`
}

export function renderMarkdown(text: string, readOnly: boolean): DocumentFragment {
  return DOMPurify.sanitize(md.render(text, { readOnly }), {
    RETURN_DOM_FRAGMENT: true,
    FORBID_ATTR: ['style'],
    FORBID_TAGS: ['style', 'form'],
    ADD_ATTR: ['target'],
  })
}

/** Toggles the check box of one line. */
export function toggleTask(text: string, line: number): string {
  const lines = text.split('\n')
  lines[line] = (lines[line] ?? '').replace(/\[([ xX])\]/, (_, mark: string) => (mark === ' ' ? '[x]' : '[ ]'))
  return lines.join('\n')
}
