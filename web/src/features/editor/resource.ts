// What the editor needs to know about a resource with a text: its schema, its endpoints and its change bus.
import type { ChangeBus } from '@/changes/bus'
import type { Entity, SaveRequest, SaveResult, TextSchema } from './schema'

/** Stored with drafts, and shown within sentences. */
export type ResourceName = 'note' | 'task'

export interface TextResource<E extends Entity & D, D extends object> {
  name: ResourceName
  schema: TextSchema<D>
  create: (fresh: D & { id: string }, idempotencyKey: string) => Promise<E>
  save: (id: string, request: SaveRequest<D>) => Promise<SaveResult<E>>
  read: (id: string, signal?: AbortSignal) => Promise<E>
  changes: Pick<ChangeBus, 'markSeen' | 'onChange' | 'onReset'>
}
