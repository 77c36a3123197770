// Owns the note endpoints the page calls. Refuses state and retries: those belong to the composables.
import { answer, api } from '@/api/client'
import { ApiError } from '@/api/errors'
import type { NewNote, Note, NotePage, NotePatch, NoteQuery, SavedNote } from '@/api/types'
import type { SaveRequest } from './types'

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
  // The server's tag of a version: known without keeping the header of every answer.
  const header = { 'If-Match': `"v${version}"` }
  return answer(api.PATCH('/api/v1/notes/{id}', { params: { ...byId(id), header }, body: patch }))
}

/** Text is saved by what it was based on: the server merges, or keeps both. */
export function saveNote(id: string, request: SaveRequest): Promise<SavedNote> {
  return answer(api.PATCH('/api/v1/notes/{id}', { params: byId(id), body: request }))
}

/** Flags do not collide with text: a stale version is answered by trying once on the current one. */
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

/** Resolves to the batch that takes it back. */
export async function trashNote(id: string): Promise<string | null> {
  const result = await api.DELETE('/api/v1/notes/{id}', { params: byId(id) })
  await answer(Promise.resolve(result))
  return result.response.headers.get('X-Batch-Id')
}

export async function deleteNoteForever(id: string): Promise<void> {
  await answer(api.DELETE('/api/v1/notes/{id}', { params: { ...byId(id), query: { permanent: true } } }))
}

export function restoreNote(id: string): Promise<Note> {
  return answer(api.POST('/api/v1/notes/{id}/restore', { params: byId(id) }))
}
