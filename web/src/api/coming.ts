// Owns the operations the server's document does not describe yet: notebooks, tags, batches, changes.
// Refuses to stay: what the document has goes from here.
import type { Client } from 'openapi-fetch'
import { api } from './client'
import type { NoteQuery } from './types'

export type NoteFilter = NoteQuery & {
  /** The id of a notebook; `none` for the notes outside of all. */
  notebook?: string
  tag?: string
}

export interface Notebook {
  id: string
  version: number
  name: string
  parent_id: string | null
  /** Notes in use, not those of the notebooks below. */
  notes: number
  created_at: string
  updated_at: string
}

export interface Tag {
  id: string
  name: string
  notes: number
  created_at: string
}

export type BatchAction = 'move' | 'tag' | 'untag' | 'pin' | 'unpin' | 'archive' | 'unarchive' | 'delete' | 'restore'

export interface NewBatch {
  kind: 'note'
  ids: string[]
  action: BatchAction
  notebook_id?: string | null
  tags?: string[]
}

export interface Batch {
  id: string
  kind: string
  action: string
  count: number
  created_at: string
  undone_at: string | null
  items: { id: string; version: number }[]
}

export interface UndoneBatch {
  id: string
  undone: number
  skipped: number
  undone_at: string
}

export interface Change {
  seq: number
  kind: 'note' | 'notebook' | 'tag'
  id: string
  op: 'create' | 'update' | 'trash' | 'restore' | 'delete'
  version: number
  batch_id: string | null
  at: string
}

export interface ChangePage {
  items: Change[]
  next_cursor: string | null
  last_seq: number
}

interface Page<T> {
  items: T[]
  next_cursor: string | null
}

interface Answers<Status extends number, Answer> {
  responses: Record<Status, { headers: Record<string, unknown>; content: { 'application/json': Answer } }>
}
interface Gets<Query = never, Path = never> {
  parameters: { query?: Query; header?: never; path?: Path; cookie?: never }
  requestBody?: never
}
interface Sends<Body, Path = never> {
  parameters: { query?: never; header?: Record<string, string>; path?: Path; cookie?: never }
  requestBody: { content: { 'application/json': Body } }
}
interface ById {
  id: string
}
interface Paging {
  limit?: number
  cursor?: string
}

export interface ComingPaths {
  '/api/v1/notebooks': {
    get: Gets<Paging, undefined> & Answers<200, Page<Notebook>>
    post: Sends<{ id?: string; name: string; parent_id?: string | null }, undefined> & Answers<201, Notebook>
  }
  '/api/v1/notebooks/{id}': {
    patch: Sends<{ name?: string; parent_id?: string | null }, ById> & Answers<200, Notebook>
    delete: Gets<{ notes?: 'keep' | 'trash' }, ById> & Answers<204, undefined>
  }
  '/api/v1/tags': { get: Gets<Paging, undefined> & Answers<200, Page<Tag>> }
  '/api/v1/tags/{id}': {
    patch: Sends<{ name: string }, ById> & Answers<200, Tag>
    delete: Gets<never, ById> & Answers<204, undefined>
  }
  '/api/v1/tags/{id}/merge': { post: Sends<{ into: string }, ById> & Answers<200, Tag> }
  '/api/v1/batch': { post: Sends<NewBatch, undefined> & Answers<200, Batch> }
  '/api/v1/batches/{id}/undo': { post: Gets<never, ById> & Answers<200, UndoneBatch> }
  '/api/v1/changes': { get: Gets<{ since?: number; limit?: number }, undefined> & Answers<200, ChangePage> }
}

export const coming = api as unknown as Client<ComingPaths>
