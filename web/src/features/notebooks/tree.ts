// Turns the flat list of notebooks into a tree: sorted rows and descendants. A notebook whose parent is missing, or
// that is in a cycle, becomes a root, so that none disappears.
import type { Notebook } from '@/api/types'

export interface TreeRow {
  notebook: Notebook
  depth: number
  parent: string | null
  hasChildren: boolean
  open: boolean
}

const byName = (a: Notebook, b: Notebook) =>
  a.name.localeCompare(b.name, undefined, { sensitivity: 'base', numeric: true }) || a.id.localeCompare(b.id)

function childrenOf(notebooks: readonly Notebook[]): Map<string | null, Notebook[]> {
  const ids = new Set(notebooks.map((notebook) => notebook.id))
  const children = new Map<string | null, Notebook[]>()
  for (const notebook of [...notebooks].sort(byName)) {
    const parent = notebook.parent_id && ids.has(notebook.parent_id) ? notebook.parent_id : null
    children.set(parent, [...(children.get(parent) ?? []), notebook])
  }
  return children
}

/** The visible rows from top to bottom, without the descendants of collapsed notebooks. */
export function treeRows(notebooks: readonly Notebook[], collapsed: ReadonlySet<string> = new Set()): TreeRow[] {
  const children = childrenOf(notebooks)
  const rows: TreeRow[] = []
  const seen = new Set<string>()
  const visit = (notebook: Notebook, depth: number, parent: string | null, shown: boolean) => {
    if (seen.has(notebook.id)) return
    seen.add(notebook.id)
    const inner = children.get(notebook.id) ?? []
    const open = inner.length > 0 && !collapsed.has(notebook.id)
    if (shown) rows.push({ notebook, depth, parent, hasChildren: inner.length > 0, open })
    for (const child of inner) visit(child, depth + 1, notebook.id, shown && open)
  }
  for (const notebook of children.get(null) ?? []) visit(notebook, 0, null, true)
  for (const notebook of notebooks) visit(notebook, 0, null, true)
  return rows
}

/** Includes the notebook itself. */
export function descendantIds(notebooks: readonly Notebook[], id: string): Set<string> {
  const children = childrenOf(notebooks)
  const found = new Set<string>()
  const visit = (one: string) => {
    if (found.has(one)) return
    found.add(one)
    for (const child of children.get(one) ?? []) visit(child.id)
  }
  visit(id)
  return found
}
