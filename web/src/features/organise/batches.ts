// Owns doing one thing to many notes at once: the request, what is told of it, and taking it back.
// Refuses more than the server takes in one piece: the rest is told, not dropped.
import type { Batch, BatchAction, NewBatch } from '@/api/types'
import { ApiError, describeError } from '@/api/errors'
import { notesTouched } from '@/features/notes/live'
import { announce } from '@/lib/announce'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { createBatch, undoBatch } from './api'

export const MOST_IN_A_BATCH = 500

export type Order = Omit<NewBatch, 'kind'>

export const countNotes = (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'note' : 'notes'}`

const DONE: Record<BatchAction, (what: string, order: Order) => string> = {
  move: (what, order) => (order.notebook_id ? `Moved ${what}` : `Took ${what} out of the notebook`),
  tag: (what, order) => `Tagged ${what} with ${told(order.tags)}`,
  untag: (what, order) => `Took ${told(order.tags)} off ${what}`,
  status: (what, order) => `Made ${what} ${order.status ?? 'todo'}`,
  priority: (what) => `Changed the priority of ${what}`,
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

/** Resolves to the batch, or to nothing when the server refused: that is told here. `what` names the
 *  notes where a count says too little, `done` replaces the sentence. */
export async function runBatch(order: Order, words: { what?: string; done?: string } = {}): Promise<Batch | undefined> {
  const ids = order.ids.slice(0, MOST_IN_A_BATCH)
  const left = order.ids.length - ids.length
  try {
    const batch = await createBatch({ kind: 'note', ...order, ids })
    notesTouched(batch.items)
    const sentence = words.done ?? DONE[order.action](words.what ?? countNotes(batch.count), order)
    const rest = left > 0 ? `. ${countNotes(left)} stay as they are: ${MOST_IN_A_BATCH} go at once` : ''
    if (batch.count === 0) announce('Nothing had to be changed')
    else offerUndo(sentence + rest, () => takeBack(batch.id, batch.items))
    return batch
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
    return undefined
  }
}

/** Undoes a batch and says so; changed notes are never run over. */
export async function takeBack(id: string, touched: Batch['items'] = []): Promise<boolean> {
  try {
    const { skipped } = await undoBatch(id)
    if (skipped > 0) showToast(`Undone. ${countNotes(skipped)} changed again meanwhile and ${skipped === 1 ? 'stays' : 'stay'} as ${skipped === 1 ? 'it is' : 'they are'}.`)
    else announce('Undone')
    // One more than the batch made of it, at least.
    notesTouched(touched.map((item) => ({ id: item.id, version: item.version + 1 })))
    return true
  } catch (error) {
    const already = error instanceof ApiError && error.code === 'already_undone'
    showToast(already ? 'This was undone before.' : describeError(error), { tone: already ? 'plain' : 'danger' })
    return false
  }
}
