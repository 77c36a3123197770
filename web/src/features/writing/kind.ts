// Owns what a noun tells so that its texts are written like those of every other: its shape, its endpoints,
// its word. Refuses to know any noun.
import type { NewsOf } from '@/lib/live'
import type { Entity, Saved, SaveRequest, Shape } from './shape'

export interface TextKind<E extends Entity & D, D extends object> {
  /** How drafts in this browser name it; also in the middle of a sentence. */
  name: 'note' | 'task'
  shape: Shape<D>
  create: (fresh: D & { id: string }, idempotencyKey: string) => Promise<E>
  save: (id: string, request: SaveRequest<D>) => Promise<Saved<E>>
  read: (id: string, signal?: AbortSignal) => Promise<E>
  news: Pick<NewsOf, 'known' | 'onChange' | 'onReset'>
}
