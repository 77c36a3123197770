// Owns what a noun tells so that its texts are written like those of every other: its shape, its endpoints,
// its word. Refuses to know any noun.
import type { ChangeBus } from '@/changes/bus'
import type { Entity, SaveRequest, SaveResult, TextSchema } from './schema'

export interface TextResource<E extends Entity & D, D extends object> {
  /** How drafts in this browser name it; also in the middle of a sentence. */
  name: 'note' | 'task'
  schema: TextSchema<D>
  create: (fresh: D & { id: string }, idempotencyKey: string) => Promise<E>
  save: (id: string, request: SaveRequest<D>) => Promise<SaveResult<E>>
  read: (id: string, signal?: AbortSignal) => Promise<E>
  changes: Pick<ChangeBus, 'markSeen' | 'onChange' | 'onReset'>
}
