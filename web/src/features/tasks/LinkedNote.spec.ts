// Specs of the linked note: its name and link, and what is shown when it is in the trash, deleted or not loaded.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { TooltipProvider } from 'reka-ui'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { acceptGrant } from '@/api/client'
import { noteChanges } from '@/changes'
import { grant, makeNote } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import LinkedNote from './LinkedNote.vue'

const EmptyView = { template: '<i />' }
const router = createRouter({
  history: createMemoryHistory(),
  routes: [
    { path: '/', component: EmptyView },
    ...['notes', 'archive', 'trash'].map((name) => ({ path: `/${name}/:id?`, name, component: EmptyView })),
  ],
})
const id = () => crypto.randomUUID()

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
})

function show(note: string, readonly = false) {
  const onUnlink = vi.fn()
  render(() => h(TooltipProvider, () => h(LinkedNote, { id: note, readonly, onUnlink })), {
    global: { plugins: [router] },
  })
  return { onUnlink, user: userEvent.setup() }
}

describe('LinkedNote', () => {
  it('links to the note in its section', async () => {
    const note = makeNote({ id: id(), title: 'Floor plan', archived: true })
    on('get', '/api/v1/notes/{id}', () => note)
    const { onUnlink, user } = show(note.id)
    expect((await screen.findByRole('link', { name: 'Floor plan' })).getAttribute('href')).toBe(`/archive/${note.id}`)
    await user.click(screen.getByRole('button', { name: 'Unlink the note' }))
    expect(onUnlink).toHaveBeenCalledOnce()
  })

  it('shows that the note was moved to the trash, and offers to remove the link', async () => {
    let note = makeNote({ id: id(), title: 'Floor plan' })
    on('get', '/api/v1/notes/{id}', () => note)
    const { onUnlink, user } = show(note.id)
    await screen.findByRole('link', { name: 'Floor plan' })
    note = { ...note, version: 2, deleted_at: '2026-01-02T00:00:00Z' }
    noteChanges.emit([note])
    await screen.findByText('is in the trash.')
    expect(screen.getByRole('link', { name: 'Floor plan' }).getAttribute('href')).toBe(`/trash/${note.id}`)
    await user.click(screen.getByRole('button', { name: 'Remove link' }))
    expect(onUnlink).toHaveBeenCalledOnce()
  })

  it('shows that the note was deleted, without a link to it', async () => {
    on('get', '/api/v1/notes/{id}', () => problem(404, 'not_found'))
    const { onUnlink, user } = show(id())
    await screen.findByText('The note was deleted permanently.')
    expect(screen.queryByRole('link')).toBeNull()
    await user.click(screen.getByRole('button', { name: 'Remove link' }))
    expect(onUnlink).toHaveBeenCalledOnce()
  })

  it('keeps the link while the server is unavailable, and loads the note once it is back', async () => {
    const note = makeNote({ id: id(), title: 'Floor plan' })
    const request = on('get', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    show(note.id)
    await vi.waitFor(() => expect(request).toHaveBeenCalled())
    expect(screen.getByRole('link', { name: 'Note' }).getAttribute('href')).toBe(`/notes/${note.id}`)
    expect(screen.queryByText(/deleted/)).toBeNull()
    on('get', '/api/v1/notes/{id}', () => note)
    window.dispatchEvent(new Event('online'))
    await screen.findByRole('link', { name: 'Floor plan' })
  })

  it('has no buttons if the task is read-only', async () => {
    on('get', '/api/v1/notes/{id}', () => problem(404, 'not_found'))
    show(id(), true)
    await screen.findByText('The note was deleted permanently.')
    expect(screen.queryByRole('button')).toBeNull()
  })
})
