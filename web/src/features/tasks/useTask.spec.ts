// Specs of one open task: drafts while the server is unavailable, and fields while text is unsaved. Saving text:
// `editor/autosave.spec.ts`.
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { acceptGrant } from '@/api/client'
import { IndexedDbDraft } from '@/features/editor/drafts'
import { grant, USER } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import { makeTask } from '@/testing/tasks'
import { useTask } from './useTask'
import type { Task, TaskFields } from './types'

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
})

type Change = (task: Task, fields: TaskFields) => Promise<boolean>
const openTask = async (id: string, change: Change, use = useTask) => {
  const scope = effectScope()
  const open = scope.run(() => use(id, change, { saved: () => {} }))!
  await vi.waitFor(() => expect(open.loading.value).toBe(false))
  return { ...open, close: () => scope.stop() }
}

/** A draft of an earlier page, and the modules of a new page. */
async function reloaded(id: string) {
  const earlierPage = '0190f3a0-0000-7000-8000-00000000dead'
  const base = { version: 3, draft: { title: 'Pay rent', description: 'known' } }
  await new IndexedDbDraft({
    ownerId: USER.id,
    entityId: id,
    resource: 'task',
    key: [USER.id, id, earlierPage, 'left'].join(' '),
  }).put({
    base,
    draft: { ...base.draft, description: 'known, and typed' },
  })
  vi.resetModules()
  const fresh = await import('./useTask')
  ;(await import('@/api/client')).acceptGrant(grant())
  return fresh.useTask
}

describe('the text of an open task', () => {
  it('is loaded from the draft while the server is unavailable, and the rest of the task later', async () => {
    on('get', '/api/v1/tasks/{id}', () => problem(503, 'unavailable'))
    on('patch', '/api/v1/tasks/{id}', () => problem(503, 'unavailable'))
    const open = await openTask('t1', async () => true, await reloaded('t1'))
    expect(open.draft.value).toEqual({ title: 'Pay rent', description: 'known, and typed' })
    expect(open.task.value).toBeNull()
    on('patch', '/api/v1/tasks/{id}', ({ body }) => ({
      ...makeTask({ id: 't1', priority: 2, ...(body as object), version: 4 }),
      merge: 'none' as const,
    }))
    await open.flush()
    expect(open.task.value?.priority).toBe(2)
    open.close()
  })

  it('does not hide the rest of the task if the server rejects it', async () => {
    on('get', '/api/v1/tasks/{id}', () => makeTask({ id: 't2', version: 3, priority: 2 }))
    on('patch', '/api/v1/tasks/{id}', () => problem(422, 'invalid', { detail: 'Not this text.' }))
    const open = await openTask('t2', async () => true, await reloaded('t2'))
    await vi.waitFor(() => expect(open.task.value?.priority).toBe(2))
    expect(open.draft.value.description).toBe('known, and typed')
    open.close()
  })
})

describe('a field of an open task', () => {
  it('can be changed while the text is in conflict', async () => {
    let stored = makeTask({ id: 't3', description: 'ten' })
    on('get', '/api/v1/tasks/{id}', () => stored)
    const open = await openTask('t3', async (_, fields) => {
      stored = { ...stored, ...(fields as Partial<Task>), version: stored.version + 1 }
      open.accept(stored)
      return true
    })
    on('patch', '/api/v1/tasks/{id}', () => {
      stored = { ...stored, description: 'eleven', version: 2 }
      return { ...stored, merge: 'conflict' as const }
    })
    open.edit({ description: 'twelve' })
    await open.flush()
    expect(open.save.value.phase).toBe('conflict')
    await open.set({ priority: 3 })
    expect(open.task.value).toMatchObject({ priority: 3, version: 3 })
    expect(open.draft.value.description).toBe('twelve')
    expect(open.save.value.phase).toBe('conflict')
    open.close()
  })

  it('does not revert when an earlier change is answered', async () => {
    const answers: (() => void)[] = []
    let stored = makeTask({ id: 't4' })
    on('get', '/api/v1/tasks/{id}', () => stored)
    const open = await openTask('t4', async (_, fields) => {
      await new Promise<void>((resolve) => answers.push(resolve))
      stored = { ...stored, ...(fields as Partial<Task>), version: stored.version + 1 }
      open.accept(stored)
      return true
    })
    const both = [open.set({ priority: 3 }), open.set({ status: 'doing' })]
    await vi.waitFor(() => expect(answers).toHaveLength(2))
    answers[0]!()
    await both[0]
    expect(open.task.value).toMatchObject({ priority: 3, status: 'doing' })
    answers[1]!()
    await both[1]
    expect(open.task.value).toMatchObject({ priority: 3, status: 'doing', version: 3 })
    open.close()
  })

  it('reverts on an error', async () => {
    on('get', '/api/v1/tasks/{id}', () => makeTask({ id: 't5', priority: 1 }))
    const open = await openTask('t5', async () => false)
    await open.set({ priority: 4 })
    expect(open.task.value?.priority).toBe(1)
    open.close()
  })
})
