// Owns doing one thing to many notes, tasks or files at once: the request, what is told of it, and taking it back.
// Refuses more than the server takes in one piece: the rest is told, not dropped.
import type { Batch, BatchAction, BatchKind, NewBatch } from '@/api/types'
import { ApiError, describeError } from '@/api/errors'
import { touched } from '@/features/notes/live'
import { announce } from '@/lib/announce'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { createBatch, undoBatch } from './api'

export const MOST_IN_A_BATCH = 500

/** Of notes, where nothing else is said. */
export type Order = Omit<NewBatch, 'kind'> & { kind?: BatchKind }

export const countOf = (kind: BatchKind, count: number) =>
  `${count.toLocaleString('en')} ${count === 1 ? kind : `${kind}s`}`
export const countNotes = (count: number) => countOf('note', count)

const DONE: Record<BatchAction, (what: string, order: Order) => string> = {
  move: (what, order) => (order.notebook_id ? `Moved ${what}` : `Took ${what} out of the notebook`),
  tag: (what, order) => `Tagged ${what} with ${told(order.tags)}`,
  untag: (what, order) => `Took ${told(order.tags)} off ${what}`,
  status: (what, order) => (order.status === 'done' ? `Done: ${what}` : `Took up ${what} again`),
  priority: (what, order) => (order.priority ? `Priority ${order.priority} for ${what}` : `No priority for ${what}`),
  due: (what, order) => (order.due_at ? `New due date for ${what}` : `No due date for ${what}`),
  pin: (what) => `Pinned ${what}`,
  unpin: (what) => `Unpinned ${what}`,
  archive: (what) => `Archived ${what}`,
  unarchive: (what) => `Moved ${what} back to Notes`,
  delete: (what) => `Moved ${what} to the trash`,
  restore: (what) => `Restored ${what}`,
}

function told(tags: string[] = []): string {
  return tags.map((tag) => `#${tag}`).join(', ')
}

/** Resolves to the batch, or to nothing when the server refused: that is told here. `what` names
 *  them where a count says too little, `done` replaces the sentence. */
export async function runBatch(order: Order, words: { what?: string; done?: string } = {}): Promise<Batch | undefined> {
  const { kind = 'note' } = order
  const ids = order.ids.slice(0, MOST_IN_A_BATCH)
  const left = order.ids.length - ids.length
  try {
    const batch = await createBatch({ ...order, kind, ids })
    touched(kind, batch.items)
    const sentence = words.done ?? DONE[order.action](words.what ?? countOf(kind, batch.count), order)
    const rest = left > 0 ? `. ${countOf(kind, left)} stay as they are: ${MOST_IN_A_BATCH} go at once` : ''
    if (batch.count === 0) showToast('Nothing had to be changed')
    else offerUndo(sentence + rest, () => takeBack(batch.id, batch.items, kind))
    return batch
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
    return undefined
  }
}

/** Undoes a batch and says so; what was changed since is never run over. */
export async function takeBack(id: string, items: Batch['items'] = [], kind: BatchKind = 'note'): Promise<boolean> {
  try {
    const { skipped } = await undoBatch(id)
    if (skipped > 0)
      showToast(
        `Undone. ${countOf(kind, skipped)} changed again meanwhile and ${skipped === 1 ? 'stays' : 'stay'} as ${skipped === 1 ? 'it is' : 'they are'}.`,
      )
    else announce('Undone')
    // One more than the batch made of it, at least.
    touched(
      kind,
      items.map((item) => ({ id: item.id, version: item.version + 1 })),
    )
    return true
  } catch (error) {
    const already = error instanceof ApiError && error.code === 'already_undone'
    showToast(already ? 'This was undone before.' : describeError(error), { tone: already ? 'plain' : 'danger' })
    return false
  }
}
