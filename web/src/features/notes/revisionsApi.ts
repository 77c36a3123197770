// Requests for the history of a note.
import { answer, api } from '@/api/client'
import type { Note, RevisionDifference, RevisionPage, RevisionText } from '@/api/types'
import type { RevisionSource } from '@/features/editor/useHistory'

const at = (id: string, version: number) => ({ path: { id, version } })

function listRevisions(id: string, cursor: string | null, signal?: AbortSignal): Promise<RevisionPage> {
  const query = { limit: 50, ...(cursor ? { cursor } : {}) }
  return answer(api.GET('/api/v1/notes/{id}/revisions', { params: { path: { id }, query }, signal }))
}

function readRevision(id: string, version: number, signal?: AbortSignal): Promise<RevisionText> {
  return answer(api.GET('/api/v1/notes/{id}/revisions/{version}', { params: at(id, version), signal }))
}

function compareRevision(id: string, version: number, signal?: AbortSignal): Promise<RevisionDifference> {
  return answer(api.GET('/api/v1/notes/{id}/revisions/{version}/diff', { params: at(id, version), signal }))
}

function restoreRevision(id: string, version: number): Promise<Note> {
  return answer(api.POST('/api/v1/notes/{id}/revisions/{version}/restore', { params: at(id, version) }))
}

async function removeRevision(id: string, version: number): Promise<void> {
  await answer(api.DELETE('/api/v1/notes/{id}/revisions/{version}', { params: at(id, version) }))
}

export const NOTE_REVISIONS: RevisionSource<Note> = {
  list: listRevisions,
  read: readRevision,
  compare: compareRevision,
  restore: restoreRevision,
  remove: removeRevision,
}
