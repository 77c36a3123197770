// Runs one action on many notes, tasks or files and shows its toast with undo.
import type { Batch, BatchAction, BatchKind, NewBatch } from '@/api/types'
import { ApiError, describeError } from '@/api/errors'
import { emitChanges } from '@/changes'
import { announce } from '@/lib/announce'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import * as api from './api'

/** The server's limit. */
export const BATCH_LIMIT = 500

/** The kind is `note` by default. */
export type BatchRequest = Omit<NewBatch, 'kind'> & { kind?: BatchKind }

export const countOf = (kind: BatchKind, count: number) =>
  `${count.toLocaleString('en')} ${count === 1 ? kind : `${kind}s`}`
export const countNotes = (count: number) => countOf('note', count)

const MESSAGES: Record<BatchAction, (what: string, request: BatchRequest) => string> = {
  move: (what, request) => (request.notebook_id ? `Moved ${what}` : `Removed ${what} from the notebook`),
  tag: (what, request) => `Tagged ${what} with ${joinTags(request.tags)}`,
  untag: (what, request) => `Removed ${joinTags(request.tags)} from ${what}`,
  status: (what, request) => (request.status === 'done' ? `Completed ${what}` : `Reopened ${what}`),
  priority: (what, request) =>
    request.priority ? `Set priority ${request.priority} for ${what}` : `Removed the priority of ${what}`,
  due: (what, request) => (request.due_at ? `Changed the due date of ${what}` : `Removed the due date of ${what}`),
  pin: (what) => `Pinned ${what}`,
  unpin: (what) => `Unpinned ${what}`,
  archive: (what) => `Archived ${what}`,
  unarchive: (what) => `Moved ${what} back to Notes`,
  delete: (what) => `Moved ${what} to the trash`,
  restore: (what) => `Restored ${what}`,
}

function joinTags(tags: string[] = []): string {
  return tags.map((tag) => `#${tag}`).join(', ')
}

interface Wording {
  /** Names the documents in the message instead of their count. */
  what?: string
  /** Replaces the whole message. */
  done?: string
}

/** Resolves to the batch, or to nothing after an error, which it has shown. Documents above the limit stay unchanged and
 *  the message says how many. */
export async function runBatch(request: BatchRequest, wording: Wording = {}): Promise<Batch | undefined> {
  const { kind = 'note' } = request
  const ids = request.ids.slice(0, BATCH_LIMIT)
  const left = request.ids.length - ids.length
  try {
    const batch = await api.createBatch({ ...request, kind, ids })
    emitChanges(kind, batch.items)
    const message = wording.done ?? MESSAGES[request.action](wording.what ?? countOf(kind, batch.count), request)
    const rest = left > 0 ? `. ${countOf(kind, left)} unchanged: the limit is ${BATCH_LIMIT} at once` : ''
    if (batch.count === 0) showToast('Nothing had to be changed')
    else offerUndo(message + rest, () => undoBatch(batch.id, batch.items, kind))
    return batch
  } catch (error) {
    showToast(describeError(error), { tone: 'danger' })
    return undefined
  }
}

/** Documents that changed after the batch are skipped by the server. */
export async function undoBatch(id: string, items: Batch['items'] = [], kind: BatchKind = 'note'): Promise<boolean> {
  try {
    const { skipped } = await api.undoBatch(id)
    if (skipped > 0) showToast(`Undone, except ${countOf(kind, skipped)} changed in the meantime.`)
    else announce('Undone')
    // The undo raises each version by one; the answer does not list them.
    emitChanges(
      kind,
      items.map((item) => ({ id: item.id, version: item.version + 1 })),
    )
    return true
  } catch (error) {
    const already = error instanceof ApiError && error.code === 'already_undone'
    showToast(already ? 'This was already undone.' : describeError(error), { tone: already ? 'plain' : 'danger' })
    return false
  }
}
