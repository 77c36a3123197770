// Owns what the server's document does not describe yet: the sequence of changes. Refuses to stay: it goes
// when the document has it.
import type { Client } from 'openapi-fetch'
import { api } from './client'

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

interface ComingPaths {
  '/api/v1/changes': {
    get: {
      parameters: { query?: { since?: number; limit?: number }; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': ChangePage } } }
    }
  }
}

export const coming = api as unknown as Client<ComingPaths>
