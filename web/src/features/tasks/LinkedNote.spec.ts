// Owns the promises of the linked note: its name and the way there, a calm word when it is in the trash or gone, and
// no such word only because the server is away. Refuses the choice of another.
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

const nowhere = { template: '<i />' }
const router = createRouter({
  history: createMemoryHistory(),
  routes: [
    { path: '/', component: nowhere },
    ...['notes', 'archive', 'trash'].map((name) => ({ path: `/${name}/:id?`, name, component: nowhere })),
  ],
})
const id = () => crypto.randomUUID()

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
})

function show(note: string, locked = false) {
  const unlinked = vi.fn()
  render(() => h(TooltipProvider, () => h(LinkedNote, { id: note, locked, onUnlink: unlinked })), {
    global: { plugins: [router] },
  })
  return { unlinked, user: userEvent.setup() }
}

describe('LinkedNote', () => {
  it('names the note and leads to where it is', async () => {
    const note = makeNote({ id: id(), title: 'Floor plan', archived: true })
    on('get', '/api/v1/notes/{id}', () => note)
    const { unlinked, user } = show(note.id)
    expect((await screen.findByRole('link', { name: 'Floor plan' })).getAttribute('href')).toBe(`/archive/${note.id}`)
    await user.click(screen.getByRole('button', { name: 'Unlink the note' }))
    expect(unlinked).toHaveBeenCalledOnce()
  })

  it('says that it is in the trash as soon as it is, and offers to take the link off', async () => {
    let note = makeNote({ id: id(), title: 'Floor plan' })
    on('get', '/api/v1/notes/{id}', () => note)
    const { unlinked, user } = show(note.id)
    await screen.findByRole('link', { name: 'Floor plan' })
    note = { ...note, version: 2, deleted_at: '2026-01-02T00:00:00Z' }
    noteChanges.emit([note])
    await screen.findByText('is in the trash.')
    expect(screen.getByRole('link', { name: 'Floor plan' }).getAttribute('href')).toBe(`/trash/${note.id}`)
    await user.click(screen.getByRole('button', { name: 'Take the link off' }))
    expect(unlinked).toHaveBeenCalledOnce()
  })

  it('says that it is gone, without a link to nothing', async () => {
    on('get', '/api/v1/notes/{id}', () => problem(404, 'not_found'))
    const { unlinked, user } = show(id())
    await screen.findByText('The note was deleted permanently.')
    expect(screen.queryByRole('link')).toBeNull()
    await user.click(screen.getByRole('button', { name: 'Take the link off' }))
    expect(unlinked).toHaveBeenCalledOnce()
  })

  it('does not take a server that is away for a note that is gone, and looks again', async () => {
    const note = makeNote({ id: id(), title: 'Floor plan' })
    const asked = on('get', '/api/v1/notes/{id}', () => problem(503, 'unavailable'))
    show(note.id)
    await vi.waitFor(() => expect(asked).toHaveBeenCalled())
    expect(screen.getByRole('link', { name: 'Note' }).getAttribute('href')).toBe(`/notes/${note.id}`)
    expect(screen.queryByText(/deleted/)).toBeNull()
    on('get', '/api/v1/notes/{id}', () => note)
    window.dispatchEvent(new Event('online'))
    await screen.findByRole('link', { name: 'Floor plan' })
  })

  it('offers nothing where the task is locked', async () => {
    on('get', '/api/v1/notes/{id}', () => problem(404, 'not_found'))
    show(id(), true)
    await screen.findByText('The note was deleted permanently.')
    expect(screen.queryByRole('button')).toBeNull()
  })
})
