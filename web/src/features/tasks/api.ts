// The endpoints of tasks, task lists and saved views.
import { answer, api } from '@/api/client'
import { ApiError } from '@/api/errors'
import type { RevisionSource } from '@/features/editor/useHistory'
import type { SaveRequest } from '@/features/editor/schema'
import type { TaskDraft } from './schema'
import type {
  NewTask,
  SavedTask,
  SavedView,
  Task,
  TaskFields,
  TaskList,
  MoveRequest,
  TaskPage,
  TaskPatch,
  TaskQuery,
} from './types'

const PAGE_SIZE = 200
const byId = (id: string) => ({ path: { id } })
const idempotent = (key: string) => ({ header: { 'Idempotency-Key': key } })

async function answerWithBatch(pending: Promise<{ error?: unknown; response: Response }>): Promise<string | null> {
  const result = await pending
  await answer(Promise.resolve(result))
  return result.response.headers.get('X-Batch-Id')
}

export const listTasks = (query: TaskQuery, signal?: AbortSignal): Promise<TaskPage> =>
  answer(api.GET('/api/v1/tasks', { params: { query }, signal }))

export const readTask = (id: string, signal?: AbortSignal): Promise<Task> =>
  answer(api.GET('/api/v1/tasks/{id}', { params: byId(id), signal }))

export const createTask = (task: NewTask, idempotencyKey: string): Promise<Task> =>
  answer(api.POST('/api/v1/tasks', { params: idempotent(idempotencyKey), body: task }))

/** Saves text. The server merges it with a newer version, or answers with a conflict. */
export const saveTask = (id: string, request: SaveRequest<TaskDraft>): Promise<SavedTask> =>
  answer(api.PATCH('/api/v1/tasks/{id}', { params: byId(id), body: request }))

const patchTask = (id: string, version: number, patch: TaskPatch): Promise<Task> =>
  answer(
    api.PATCH('/api/v1/tasks/{id}', { params: { ...byId(id), header: { 'If-Match': `"v${version}"` } }, body: patch }),
  )

/** Fields other than text do not conflict with a newer text: after a 412 they are sent once more for the current version. */
export async function changeTask(id: string, version: number, fields: TaskFields): Promise<Task> {
  try {
    return await patchTask(id, version, fields)
  } catch (error) {
    const current = error instanceof ApiError && error.status === 412 ? error.problem.current : undefined
    if (!current) throw error
    return patchTask(id, current.version, fields)
  }
}

export const moveTask = (id: string, move: MoveRequest): Promise<Task> =>
  answer(api.POST('/api/v1/tasks/{id}/move', { params: byId(id), body: move }))

/** Resolves to the id of the batch, for undo. */
export const trashTask = (id: string): Promise<string | null> =>
  answerWithBatch(api.DELETE('/api/v1/tasks/{id}', { params: byId(id) }))

export async function deleteTaskPermanently(id: string): Promise<void> {
  await answer(api.DELETE('/api/v1/tasks/{id}', { params: { ...byId(id), query: { permanent: true } } }))
}

export const restoreTask = (id: string): Promise<Task> =>
  answer(api.POST('/api/v1/tasks/{id}/restore', { params: byId(id) }))

const revision = (id: string, version: number) => ({ path: { id, version } })

export const TASK_REVISIONS: RevisionSource<Task> = {
  list: (id, cursor, signal) =>
    answer(
      api.GET('/api/v1/tasks/{id}/revisions', {
        params: { ...byId(id), query: { limit: 50, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  async read(id, version, signal) {
    const { title, body } = await answer(
      api.GET('/api/v1/tasks/{id}/revisions/{version}', { params: revision(id, version), signal }),
    )
    return { title, body }
  },
  compare: (id, version, signal) =>
    answer(api.GET('/api/v1/tasks/{id}/revisions/{version}/diff', { params: revision(id, version), signal })),
  restore: (id, version) =>
    answer(api.POST('/api/v1/tasks/{id}/revisions/{version}/restore', { params: revision(id, version) })),
  async remove(id, version) {
    await answer(api.DELETE('/api/v1/tasks/{id}/revisions/{version}', { params: revision(id, version) }))
  },
}

const page = (cursor: string | undefined) => ({ query: { limit: PAGE_SIZE, ...(cursor ? { cursor } : {}) } })

export const listLists = (cursor?: string) => answer(api.GET('/api/v1/task-lists', { params: page(cursor) }))

export const createList = (list: { id: string; name: string }): Promise<TaskList> =>
  answer(api.POST('/api/v1/task-lists', { body: list }))

export const changeList = (id: string, change: { name: string }): Promise<TaskList> =>
  answer(api.PATCH('/api/v1/task-lists/{id}', { params: byId(id), body: change }))

export const deleteList = (id: string, tasks: 'keep' | 'trash'): Promise<string | null> =>
  answerWithBatch(api.DELETE('/api/v1/task-lists/{id}', { params: { ...byId(id), query: { tasks } } }))

export const listViews = () => answer(api.GET('/api/v1/views'))

export const createView = (view: {
  id: string
  name: string
  kind: 'tasks'
  query: string
  layout: 'list' | 'board'
}): Promise<SavedView> => answer(api.POST('/api/v1/views', { body: view }))

export const changeView = (
  id: string,
  change: { name?: string; query?: string; layout?: 'list' | 'board' },
): Promise<SavedView> => answer(api.PATCH('/api/v1/views/{id}', { params: byId(id), body: change }))

export async function deleteView(id: string): Promise<void> {
  await answer(api.DELETE('/api/v1/views/{id}', { params: byId(id) }))
}
