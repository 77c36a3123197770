// Owns the endpoints of a note's history. Refuses state: that belongs to useHistory.
import { answer, api } from '@/api/client'
import type { Note } from '@/api/types'
import type { RevisionDiff, RevisionPage, RevisionText } from './types'

// The document does not describe these yet.
type Send = (path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>
const { GET, POST, DELETE } = api as unknown as Record<'GET' | 'POST' | 'DELETE', Send>

const at = (id: string, version: number) => ({ path: { id, version } })

export function listRevisions(id: string, cursor: string | null, signal?: AbortSignal): Promise<RevisionPage> {
  const query = { limit: 50, ...(cursor ? { cursor } : {}) }
  return answer(GET('/api/v1/notes/{id}/revisions', { params: { path: { id }, query }, signal })) as Promise<never>
}

export function readRevision(id: string, version: number, signal?: AbortSignal): Promise<RevisionText> {
  return answer(GET('/api/v1/notes/{id}/revisions/{version}', { params: at(id, version), signal })) as Promise<never>
}

/** What was changed since then, by words. */
export function compareRevision(id: string, version: number, signal?: AbortSignal): Promise<RevisionDiff> {
  return answer(GET('/api/v1/notes/{id}/revisions/{version}/diff', { params: at(id, version), signal })) as Promise<never>
}

export function restoreRevision(id: string, version: number): Promise<Note> {
  return answer(POST('/api/v1/notes/{id}/revisions/{version}/restore', { params: at(id, version) })) as Promise<never>
}

export async function removeRevision(id: string, version: number): Promise<void> {
  await answer(DELETE('/api/v1/notes/{id}/revisions/{version}', { params: at(id, version) }))
}
