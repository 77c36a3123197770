// Specs of picking a note to link: recent notes, full-text search, and Enter before the results arrive.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { TooltipProvider } from 'reka-ui'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import { acceptGrant } from '@/api/client'
import { grant, makeSummary } from '@/testing/fixtures'
import { on, useMockApi, type Call } from '@/testing/mockApi'
import NoteLinkDialog from './NoteLinkDialog.vue'

const recent = [makeSummary(1, { title: 'Groceries' }), makeSummary(2, { title: 'Packing' })]
const old = makeSummary(700, { title: 'Boiler manual' })
const archived = makeSummary(701, { title: 'Boiler invoice', archived: true })

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
})

const answer = ({ url: { searchParams } }: Call) => {
  const wantsArchived = searchParams.get('archived') === 'true'
  const found = [old, archived].filter(
    (note) => note.archived === wantsArchived && note.title.toLowerCase().includes(searchParams.get('q') ?? ''),
  )
  return { items: searchParams.has('q') ? found : recent, next_cursor: null }
}

function show(linked: string | null = null) {
  const request = on('get', '/api/v1/notes', answer)
  const picked = vi.fn()
  render(() => h(TooltipProvider, () => h(NoteLinkDialog, { open: true, linked, onPick: picked })))
  const names = () => screen.queryAllByRole('option').map((option) => option.querySelector('.name')?.textContent)
  return {
    request,
    names,
    picked,
    field: () => screen.findByRole('combobox', { name: 'Find a note' }),
    user: userEvent.setup(),
  }
}

describe('NoteLinkDialog', () => {
  it('lists the recently edited notes before anything is typed', async () => {
    const { request, names } = show(recent[1]!.id)
    await vi.waitFor(() => expect(names()).toEqual(['Groceries', 'Packing']))
    expect(request.mock.calls[0]![0].url.searchParams.get('sort')).toBe('updated')
    expect(screen.getByRole('option', { name: /Packing.*current/ })).toBeTruthy()
  })

  it('searches on the server, archived notes included', async () => {
    const { request, names, field, picked, user } = show()
    await vi.waitFor(() => expect(names()).toHaveLength(2))
    await user.type(await field(), 'boiler')
    await vi.waitFor(() => expect(names()).toEqual(['Boiler manual', 'Boiler invoice']))
    expect(request.mock.calls.slice(-2).map(([call]) => call.url.searchParams.get('q'))).toEqual(['boiler', 'boiler'])
    expect(screen.getByRole('option', { name: /Boiler invoice.*Archive/ })).toBeTruthy()
    await user.keyboard('{ArrowDown}{Enter}')
    expect(picked).toHaveBeenCalledExactlyOnceWith(archived.id)
  })

  describe('with Enter before the results have arrived', () => {
    async function typeAndEnter(query: string) {
      const shown = show()
      await vi.waitFor(() => expect(shown.names()).toHaveLength(2))
      let release = () => {}
      const gate = new Promise<void>((resolve) => (release = resolve))
      on('get', '/api/v1/notes', (call) => gate.then(() => answer(call)))
      await shown.user.type(await shown.field(), `${query}{Enter}`)
      expect(shown.picked).not.toHaveBeenCalled()
      release()
      return shown
    }

    it('picks the only match once it is known', async () => {
      const { picked } = await typeAndEnter('manual')
      await vi.waitFor(() => expect(picked).toHaveBeenCalledExactlyOnceWith(old.id))
    })

    it('does not pick one of several matches', async () => {
      const { picked, names, user } = await typeAndEnter('boiler')
      await vi.waitFor(() => expect(names()).toEqual(['Boiler manual', 'Boiler invoice']))
      expect(picked).not.toHaveBeenCalled()
      await user.keyboard('{Enter}')
      expect(picked).toHaveBeenCalledExactlyOnceWith(old.id)
    })
  })

  it('reports that nothing was found only after the answer', async () => {
    const { names, field, user } = show()
    expect(screen.queryByText('No notes found')).toBeNull()
    await vi.waitFor(() => expect(names()).toHaveLength(2))
    await user.type(await field(), 'xylophone')
    await screen.findByText('No notes found')
  })
})
