// Specs of setting the due date of several tasks: one request, one message, one undo.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { acceptGrant } from '@/api/client'
import { toasts } from '@/lib/toasts'
import { clearUndo, undoLatest } from '@/lib/undo'
import { useSelection } from '@/lib/useSelection'
import { grant } from '@/testing/fixtures'
import { on, useMockApi } from '@/testing/mockApi'
import { makeTask } from '@/testing/tasks'
import { taskDialog } from './dialogs'
import { dueAt, dueOnDay, type Due } from './quickAddParser'
import { useBatchActions } from './useBatchActions'

const BATCH = {
  id: 'b1',
  action: 'due' as const,
  kind: 'task' as const,
  count: 3,
  items: [],
  created_at: '2026-01-01T00:00:00Z',
  undone_at: null,
}

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
})
afterEach(() => {
  clearUndo()
  toasts.value = []
  taskDialog.value = null
})

function start() {
  const items = ref([1, 2, 3].map((number) => makeTask({ id: crypto.randomUUID(), title: `Task ${number}` })))
  const selection = useSelection(items)
  selection.all()
  const sent = on('post', '/api/v1/batch', () => BATCH)
  const act = useBatchActions(selection, () => {})
  return { ids: items.value.map(({ id }) => id), sent, act }
}

function pick(due: Due | undefined) {
  const dialog = taskDialog.value
  if (dialog?.kind !== 'due') throw new Error('the dialog is not open')
  dialog.pick(due)
}

describe('the due date of several tasks', () => {
  it('is one batch with one undo', async () => {
    const { ids, sent, act } = start()
    act('due')
    pick(dueOnDay('2031-05-06'))
    await vi.waitFor(() => expect(toasts.value.at(-1)?.message).toBe('3 tasks due 6 May 2031'))
    expect(sent.mock.calls.map(([call]) => call.body)).toEqual([
      { kind: 'task', ids, action: 'due', due_at: '2031-05-06T00:00:00Z', due_is_date: true },
    ])
    const undone = on('post', '/api/v1/batches/{id}/undo', () => ({
      id: 'b1',
      undone: 3,
      skipped: 0,
      undone_at: '2026-01-01T00:00:00Z',
    }))
    undoLatest()
    await vi.waitFor(() => expect(undone).toHaveBeenCalledOnce())
  })

  it('can have a time, or be removed', async () => {
    const { sent, act } = start()
    act('due')
    pick(dueAt('Europe/Berlin', '2031-05-06', '17:30'))
    await vi.waitFor(() => expect(sent).toHaveBeenCalledTimes(1))
    expect(sent.mock.calls[0]![0].body).toMatchObject({
      action: 'due',
      due_at: '2031-05-06T15:30:00Z',
      due_is_date: false,
    })
    act('due')
    pick(undefined)
    await vi.waitFor(() => expect(toasts.value.at(-1)?.message).toBe('Removed the due date of 3 tasks'))
    expect(sent.mock.calls[1]![0].body).toMatchObject({ action: 'due', due_at: null, due_is_date: false })
  })

  it('that all of them already have changes nothing and offers no undo', async () => {
    const { act } = start()
    on('post', '/api/v1/batch', () => ({ ...BATCH, count: 0 }))
    act('due')
    pick(dueOnDay('2031-05-06'))
    await vi.waitFor(() => expect(toasts.value.at(-1)?.message).toBe('Nothing had to be changed'))
    expect(toasts.value.at(-1)?.action).toBeUndefined()
  })
})
