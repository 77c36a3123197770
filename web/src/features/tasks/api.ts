// Owns the endpoints of tasks, their lists and saved views. Refuses state and retries: those belong to the
// composables.
import { answer, api } from '@/api/client'
import { ApiError } from '@/api/errors'
import type { RevisionSource } from '@/features/writing/useHistory'
import type { SaveRequest } from '@/features/writing/shape'
import type { TaskDraft } from './kind'
import type { NewTask, SavedTask, SavedView, Task, TaskFields, TaskList, TaskMove, TaskPage, TaskPatch, TaskQuery, TaskRevisionPage, TaskRevisionText, TaskDifference } from './wire'

interface Answered<T> {
  data?: T
  error?: unknown
  response: Response
}
interface Wanted {
  params?: { path?: Record<string, unknown>; query?: object; header?: Record<string, string> }
  body?: unknown
  signal?: AbortSignal | undefined
}
type Ask = <T>(path: string, wanted?: Wanted) => Promise<Answered<T>>
// The server's document does not name these yet: until it does, the shapes are this feature's word.
const { GET, POST, PATCH, DELETE } = api as unknown as Record<'GET' | 'POST' | 'PATCH' | 'DELETE', Ask>

const PAGE = 200
const byId = (id: string) => ({ path: { id } })
const once = (key: string) => ({ header: { 'Idempotency-Key': key } })

async function answerWithBatch(pending: Promise<Answered<unknown>>): Promise<string | null> {
  const result = await pending
  await answer(Promise.resolve(result))
  return result.response.headers.get('X-Batch-Id')
}

export const listTasks = (query: TaskQuery, signal?: AbortSignal): Promise<TaskPage> => answer(GET<TaskPage>('/api/v1/tasks', { params: { query }, signal }))

export const readTask = (id: string, signal?: AbortSignal): Promise<Task> => answer(GET<Task>('/api/v1/tasks/{id}', { params: byId(id), signal }))

export const createTask = (task: NewTask, idempotencyKey: string): Promise<Task> => answer(POST<Task>('/api/v1/tasks', { params: once(idempotencyKey), body: task }))

/** Text is saved by what it was based on: the server merges, or keeps both. */
export const saveTask = (id: string, request: SaveRequest<TaskDraft>): Promise<SavedTask> => answer(PATCH<SavedTask>('/api/v1/tasks/{id}', { params: byId(id), body: request }))

const patchTask = (id: string, version: number, patch: TaskPatch): Promise<Task> =>
  answer(PATCH<Task>('/api/v1/tasks/{id}', { params: { ...byId(id), header: { 'If-Match': `"v${version}"` } }, body: patch }))

/** What is chosen does not collide with text: a stale version is answered by trying once on the current one. */
export async function changeTask(id: string, version: number, fields: TaskFields): Promise<Task> {
  try {
    return await patchTask(id, version, fields)
  } catch (error) {
    const current = error instanceof ApiError && error.status === 412 ? error.problem.current : undefined
    if (!current) throw error
    return patchTask(id, current.version, fields)
  }
}

export const moveTask = (id: string, move: TaskMove): Promise<Task> => answer(POST<Task>('/api/v1/tasks/{id}/move', { params: byId(id), body: move }))

/** Resolves to the batch that takes it back. */
export const trashTask = (id: string): Promise<string | null> => answerWithBatch(DELETE('/api/v1/tasks/{id}', { params: byId(id) }))

export async function deleteTaskForever(id: string): Promise<void> {
  await answer(DELETE('/api/v1/tasks/{id}', { params: { ...byId(id), query: { permanent: true } } }))
}

export const restoreTask = (id: string): Promise<Task> => answer(POST<Task>('/api/v1/tasks/{id}/restore', { params: byId(id) }))

const revision = (id: string, version: number) => ({ path: { id, version } })

export const TASK_REVISIONS: RevisionSource<Task> = {
  list: (id, cursor, signal) => answer(GET<TaskRevisionPage>('/api/v1/tasks/{id}/revisions', { params: { ...byId(id), query: { limit: 50, ...(cursor ? { cursor } : {}) } }, signal })),
  async read(id, version, signal) {
    const { title, body } = await answer(GET<TaskRevisionText>('/api/v1/tasks/{id}/revisions/{version}', { params: revision(id, version), signal }))
    return { title, body }
  },
  compare: (id, version, signal) => answer(GET<TaskDifference>('/api/v1/tasks/{id}/revisions/{version}/diff', { params: revision(id, version), signal })),
  restore: (id, version) => answer(POST<Task>('/api/v1/tasks/{id}/revisions/{version}/restore', { params: revision(id, version) })),
  async remove(id, version) {
    await answer(DELETE('/api/v1/tasks/{id}/revisions/{version}', { params: revision(id, version) }))
  },
}

interface Page<T> {
  items: T[]
  next_cursor?: string | null
}
const page = (cursor: string | undefined) => ({ query: { limit: PAGE, ...(cursor ? { cursor } : {}) } })

export const listLists = (cursor?: string): Promise<Page<TaskList>> => answer(GET<Page<TaskList>>('/api/v1/task-lists', { params: page(cursor) }))

export const createList = (list: { id: string; name: string }): Promise<TaskList> => answer(POST<TaskList>('/api/v1/task-lists', { params: once(list.id), body: list }))

export const changeList = (id: string, change: { name: string }): Promise<TaskList> =>
  answer(PATCH<TaskList>('/api/v1/task-lists/{id}', { params: byId(id), body: change }))

export const deleteList = (id: string, tasks: 'keep' | 'trash'): Promise<string | null> =>
  answerWithBatch(DELETE('/api/v1/task-lists/{id}', { params: { ...byId(id), query: { tasks } } }))

export const listViews = (cursor?: string): Promise<Page<SavedView>> => answer(GET<Page<SavedView>>('/api/v1/views', { params: page(cursor) }))

export const createView = (view: { id: string; name: string; kind: 'tasks'; query: string; layout: 'list' | 'board' }): Promise<SavedView> => answer(POST<SavedView>('/api/v1/views', { body: view }))

export const changeView = (id: string, change: { name?: string; query?: string; layout?: 'list' | 'board' }): Promise<SavedView> =>
  answer(PATCH<SavedView>('/api/v1/views/{id}', { params: byId(id), body: change }))

export async function deleteView(id: string): Promise<void> {
  await answer(DELETE('/api/v1/views/{id}', { params: byId(id) }))
}
