// Owns the endpoints of files the page calls. Refuses state, and sending files up: uploads do that.
import { answer, api, fetchAuthorized } from '@/api/client'
import { ApiError } from '@/api/errors'
import type { FileLink, FilePage, FilePatch, FileQuery, Problem, StorageUse, StoredFile, UsedInPage } from '@/api/types'

const byId = (id: string) => ({ path: { id } })
const attachment = (note: string, file: string) => ({ params: { path: { id: note, file_id: file } } })

export const listFiles = (query: FileQuery, signal?: AbortSignal): Promise<FilePage> =>
  answer(api.GET('/api/v1/files', { params: { query }, signal }))

export const readFile = (id: string, signal?: AbortSignal): Promise<StoredFile> =>
  answer(api.GET('/api/v1/files/{id}', { params: byId(id), signal }))

export const changeFile = (id: string, change: FilePatch): Promise<StoredFile> =>
  answer(api.PATCH('/api/v1/files/{id}', { params: byId(id), body: change }))

export async function deleteFilePermanently(id: string): Promise<void> {
  await answer(api.DELETE('/api/v1/files/{id}', { params: { ...byId(id), query: { permanent: true } } }))
}

/** An address that works without the token for some minutes: for players, and for the browser's own downloads. */
export const linkTo = (id: string, download = false): Promise<FileLink> =>
  answer(api.POST('/api/v1/files/{id}/link', { params: byId(id), body: { download } }))

export const listUses = (id: string, signal?: AbortSignal): Promise<UsedInPage> =>
  answer(api.GET('/api/v1/files/{id}/attachments', { params: byId(id), signal }))

export const readStorageUse = (): Promise<StorageUse> => answer(api.GET('/api/v1/me/storage'))

export async function attachFile(note: string, file: string): Promise<void> {
  await answer(api.PUT('/api/v1/notes/{id}/attachments/{file_id}', attachment(note, file)))
}

export async function detachFile(note: string, file: string): Promise<void> {
  await answer(api.DELETE('/api/v1/notes/{id}/attachments/{file_id}', attachment(note, file)))
}

export const contentPath = (id: string) => `/api/v1/files/${id}/content`

/** The bytes, or the piece of them that `range` names. */
export async function readContent(id: string, signal: AbortSignal, range?: string): Promise<Response> {
  const response = await fetchAuthorized(contentPath(id), { signal, headers: range ? { Range: range } : {} })
  if (response.ok) return response
  throw new ApiError(response, (await response.json().catch(() => ({}))) as Partial<Problem>)
}

/** Gives the room back that an unfinished upload has reserved; one that is gone needs nothing. */
export async function removeUpload(id: string): Promise<void> {
  await fetchAuthorized(`/api/v1/uploads/${id}`, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } })
}
