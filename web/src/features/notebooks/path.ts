// The path of a notebook. Apart from `tree.ts`, because the first load needs only this.
import type { Notebook } from '@/api/types'

/** From the root down to the notebook itself. */
export function pathTo(notebooks: readonly Notebook[], id: string | null | undefined): Notebook[] {
  const byId = new Map(notebooks.map((notebook) => [notebook.id, notebook]))
  const path: Notebook[] = []
  let at = id ? byId.get(id) : undefined
  while (at && !path.includes(at)) {
    path.unshift(at)
    at = at.parent_id ? byId.get(at.parent_id) : undefined
  }
  return path
}
