// The endpoints of files. `uploads/` sends files.
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

/** A URL that works without the token for some minutes, for media players and downloads by the browser. */
export const createLink = (id: string, download = false): Promise<FileLink> =>
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

/** The bytes, or a part of them with a Range header. */
export async function readContent(id: string, signal: AbortSignal, range?: string): Promise<Response> {
  const response = await fetchAuthorized(contentPath(id), { signal, headers: range ? { Range: range } : {} })
  if (response.ok) return response
  throw new ApiError(response, (await response.json().catch(() => ({}))) as Partial<Problem>)
}

/** Deletes an unfinished upload, which releases its reserved storage. A missing one is no error. */
export async function removeUpload(id: string): Promise<void> {
  await fetchAuthorized(`/api/v1/uploads/${id}`, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } })
}
