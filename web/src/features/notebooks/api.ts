// Requests that change notebooks. `store.ts` reads them.
import { answer, api } from '@/api/client'
import type { Notebook } from '@/api/types'
import { batchOfResponse } from '@/features/batches/api'

const byId = (id: string) => ({ path: { id } })

export const createNotebook = (notebook: { id: string; name: string; parent_id: string | null }): Promise<Notebook> =>
  answer(api.POST('/api/v1/notebooks', { body: notebook }))

export const changeNotebook = (id: string, change: { name?: string; parent_id?: string | null }): Promise<Notebook> =>
  answer(api.PATCH('/api/v1/notebooks/{id}', { params: byId(id), body: change }))

/** Resolves to the id of the batch that undoes it. */
export const deleteNotebook = (id: string, notes: 'keep' | 'trash'): Promise<string | null> =>
  batchOfResponse(api.DELETE('/api/v1/notebooks/{id}', { params: { ...byId(id), query: { notes } } }))
