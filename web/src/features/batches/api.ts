// Requests for batches: one action on many notes, tasks or files.
import { answer, api } from '@/api/client'
import type { Batch, NewBatch } from '@/api/types'

export const createBatch = (batch: NewBatch): Promise<Batch> =>
  answer(api.POST('/api/v1/batch', { body: batch as never }))

export const undoBatch = (id: string) => answer(api.POST('/api/v1/batches/{id}/undo', { params: { path: { id } } }))

/** Some deletions have no body in the answer; a header names the batch that undoes them. */
export async function batchOfResponse(
  pending: Promise<{ error?: unknown; response: Response }>,
): Promise<string | null> {
  const result = await pending
  await answer(Promise.resolve(result))
  return result.response.headers.get('X-Batch-Id')
}
