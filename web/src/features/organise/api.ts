// Owns the endpoints of notebooks, tags and batches the page calls. Refuses state.
import { answer, api } from '@/api/client'
import type { Batch, NewBatch, Notebook, Tag } from '@/api/types'

const PAGE = 200
const byId = (id: string) => ({ path: { id } })

/** Where the answer has no body, the batch that can be undone is told in a header. */
async function answerWithBatch(pending: Promise<{ error?: unknown; response: Response }>): Promise<string | null> {
  const result = await pending
  await answer(Promise.resolve(result))
  return result.response.headers.get('X-Batch-Id')
}

export const listNotebooks = (cursor?: string) =>
  answer(api.GET('/api/v1/notebooks', { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } }))

export const createNotebook = (notebook: { id: string; name: string; parent_id: string | null }): Promise<Notebook> =>
  answer(api.POST('/api/v1/notebooks', { body: notebook }))

export const changeNotebook = (id: string, change: { name?: string; parent_id?: string | null }): Promise<Notebook> =>
  answer(api.PATCH('/api/v1/notebooks/{id}', { params: byId(id), body: change }))

export const deleteNotebook = (id: string, notes: 'keep' | 'trash'): Promise<string | null> =>
  answerWithBatch(api.DELETE('/api/v1/notebooks/{id}', { params: { ...byId(id), query: { notes } } }))

export const listTags = (cursor?: string) =>
  answer(api.GET('/api/v1/tags', { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } }))

export const renameTag = (id: string, name: string): Promise<Tag> =>
  answer(api.PATCH('/api/v1/tags/{id}', { params: byId(id), body: { name } }))

export const mergeTag = (id: string, into: string): Promise<Tag> =>
  answer(api.POST('/api/v1/tags/{id}/merge', { params: byId(id), body: { into } }))

export const deleteTag = (id: string): Promise<string | null> =>
  answerWithBatch(api.DELETE('/api/v1/tags/{id}', { params: byId(id) }))

export const createBatch = (batch: NewBatch): Promise<Batch> =>
  answer(api.POST('/api/v1/batch', { body: batch as never }))

export const undoBatch = (id: string) => answer(api.POST('/api/v1/batches/{id}/undo', { params: byId(id) }))
