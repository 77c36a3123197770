// Owns the promises of linking a note: any of them can be found, the last edited ones are there before a word, and no
// key takes what was not asked for. Refuses the panel.
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
const put = makeSummary(701, { title: 'Boiler invoice', archived: true })

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
})

const answer = ({ url: { searchParams } }: Call) => {
  const archived = searchParams.get('archived') === 'true'
  const found = [old, put].filter(
    (note) => note.archived === archived && note.title.toLowerCase().includes(searchParams.get('q') ?? ''),
  )
  return { items: searchParams.has('q') ? found : recent, next_cursor: null }
}

function show(linked: string | null = null) {
  const asked = on('get', '/api/v1/notes', answer)
  const picked = vi.fn()
  render(() => h(TooltipProvider, () => h(NoteLinkDialog, { open: true, linked, onPick: picked })))
  const names = () => screen.queryAllByRole('option').map((option) => option.querySelector('.name')?.textContent)
  return {
    asked,
    names,
    picked,
    field: () => screen.findByRole('combobox', { name: 'Find a note' }),
    user: userEvent.setup(),
  }
}

describe('NoteLinkDialog', () => {
  it('offers the notes edited last before anything is typed', async () => {
    const { asked, names } = show(recent[1]!.id)
    await vi.waitFor(() => expect(names()).toEqual(['Groceries', 'Packing']))
    expect(asked.mock.calls[0]![0].url.searchParams.get('sort')).toBe('updated')
    expect(screen.getByRole('option', { name: /Packing.*as it is now/ })).toBeTruthy()
  })

  it('asks the server for what is typed, and finds the archive as well', async () => {
    const { asked, names, field, picked, user } = show()
    await vi.waitFor(() => expect(names()).toHaveLength(2))
    await user.type(await field(), 'boiler')
    await vi.waitFor(() => expect(names()).toEqual(['Boiler manual', 'Boiler invoice']))
    expect(asked.mock.calls.slice(-2).map(([call]) => call.url.searchParams.get('q'))).toEqual(['boiler', 'boiler'])
    expect(screen.getByRole('option', { name: /Boiler invoice.*Archive/ })).toBeTruthy()
    await user.keyboard('{ArrowDown}{Enter}')
    expect(picked).toHaveBeenCalledExactlyOnceWith(put.id)
  })

  describe('with Enter before the answer to what was typed is there', () => {
    async function hurry(words: string) {
      const shown = show()
      await vi.waitFor(() => expect(shown.names()).toHaveLength(2))
      let release = () => {}
      const gate = new Promise<void>((resolve) => (release = resolve))
      on('get', '/api/v1/notes', (call) => gate.then(() => answer(call)))
      await shown.user.type(await shown.field(), `${words}{Enter}`)
      expect(shown.picked).not.toHaveBeenCalled()
      release()
      return shown
    }

    it('takes the only match as soon as it is known', async () => {
      const { picked } = await hurry('manual')
      await vi.waitFor(() => expect(picked).toHaveBeenCalledExactlyOnceWith(old.id))
    })

    it('leaves the choice where there are several', async () => {
      const { picked, names, user } = await hurry('boiler')
      await vi.waitFor(() => expect(names()).toEqual(['Boiler manual', 'Boiler invoice']))
      expect(picked).not.toHaveBeenCalled()
      await user.keyboard('{Enter}')
      expect(picked).toHaveBeenCalledExactlyOnceWith(old.id)
    })
  })

  it('says that nothing was found only when that is known', async () => {
    const { names, field, user } = show()
    expect(screen.queryByText('No note has these words.')).toBeNull()
    await vi.waitFor(() => expect(names()).toHaveLength(2))
    await user.type(await field(), 'xylophone')
    await screen.findByText('No note has these words.')
  })
})
