// Requests for notes.
import { answer, api } from '@/api/client'
import { ApiError } from '@/api/errors'
import type { NewNote, Note, NotePage, NotePatch, NoteQuery, SavedNote } from '@/api/types'
import { batchOfResponse } from '@/features/batches/api'
import type { SaveRequest } from '@/features/editor/schema'
import type { NoteDraft } from './schema'

const byId = (id: string) => ({ path: { id } })

export function listNotes(query: NoteQuery, signal?: AbortSignal): Promise<NotePage> {
  return answer(api.GET('/api/v1/notes', { params: { query }, signal }))
}

export function readNote(id: string, signal?: AbortSignal): Promise<Note> {
  return answer(api.GET('/api/v1/notes/{id}', { params: byId(id), signal }))
}

export function createNote(note: NewNote, idempotencyKey: string): Promise<Note> {
  return answer(api.POST('/api/v1/notes', { params: { header: { 'Idempotency-Key': idempotencyKey } }, body: note }))
}

export function updateNote(id: string, version: number, patch: NotePatch): Promise<Note> {
  // The server's ETag is the version, so no ETag has to be stored.
  const header = { 'If-Match': `"v${version}"` }
  return answer(api.PATCH('/api/v1/notes/{id}', { params: { ...byId(id), header }, body: patch }))
}

/** Saves text on its base version: the server merges a stale save, or reports a conflict. */
export function saveNote(id: string, request: SaveRequest<NoteDraft>): Promise<SavedNote> {
  return answer(api.PATCH('/api/v1/notes/{id}', { params: byId(id), body: request }))
}

/** Flags cannot conflict with text: with a stale version it is tried once more on the current one. */
export async function flagNote(
  id: string,
  version: number,
  flags: Pick<NotePatch, 'pinned' | 'archived'>,
): Promise<Note> {
  try {
    return await updateNote(id, version, flags)
  } catch (error) {
    const current = error instanceof ApiError && error.status === 412 ? error.problem.current : undefined
    if (!current) throw error
    return updateNote(id, current.version, flags)
  }
}

/** Resolves to the id of the batch that undoes it. */
export const trashNote = (id: string): Promise<string | null> =>
  batchOfResponse(api.DELETE('/api/v1/notes/{id}', { params: byId(id) }))

export async function deleteNotePermanently(id: string): Promise<void> {
  await answer(api.DELETE('/api/v1/notes/{id}', { params: { ...byId(id), query: { permanent: true } } }))
}

export function restoreNote(id: string): Promise<Note> {
  return answer(api.POST('/api/v1/notes/{id}/restore', { params: byId(id) }))
}
