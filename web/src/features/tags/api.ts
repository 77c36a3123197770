// Requests that change tags. `store.ts` reads them.
import { answer, api } from '@/api/client'
import type { Tag } from '@/api/types'
import { batchOfResponse } from '@/features/batches/api'

const byId = (id: string) => ({ path: { id } })

export const renameTag = (id: string, name: string): Promise<Tag> =>
  answer(api.PATCH('/api/v1/tags/{id}', { params: byId(id), body: { name } }))

export const mergeTag = (id: string, into: string): Promise<Tag> =>
  answer(api.POST('/api/v1/tags/{id}/merge', { params: byId(id), body: { into } }))

/** Resolves to the id of the batch that undoes it. */
export const deleteTag = (id: string): Promise<string | null> =>
  batchOfResponse(api.DELETE('/api/v1/tags/{id}', { params: byId(id) }))
