// Specs of the notebook tree in the rail: roving tabindex, arrow keys, stored collapsed state.
import userEvent from '@testing-library/user-event'
import { render, screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { TooltipProvider } from 'reka-ui'
import { defineComponent, h } from 'vue'
import { acceptGrant } from '@/api/client'
import type { Notebook } from '@/api/types'
import { grant } from '@/testing/fixtures'
import { on, useMockApi } from '@/testing/mockApi'
import NotebookTree from './NotebookTree.vue'
import { notebookDialog } from './dialogs'
import { notebooks } from './store'

const make = (id: string, name: string, parent_id: string | null, notes = 0): Notebook => ({
  id,
  name,
  parent_id,
  notes,
  version: 1,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
})

beforeEach(() => {
  useMockApi()
  acceptGrant(grant())
  notebooks.clear()
  notebookDialog.value = null
  on('get', '/api/v1/notebooks', () => ({
    items: [make('a', 'Home', null, 2), make('b', 'Kitchen', 'a', 1), make('c', 'Travel', null)],
    next_cursor: null,
  }))
})

async function show() {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/notes/:id?', name: 'notes', component: { render: () => null } }],
  })
  await router.push('/notes')
  const wrapped = defineComponent(() => () => h(TooltipProvider, null, { default: () => h(NotebookTree) }))
  render(wrapped, { global: { plugins: [router] } })
  await screen.findByRole('link', { name: /Home/ })
  return { router, user: userEvent.setup() }
}

const focused = () => document.activeElement?.textContent

describe('NotebookTree', () => {
  it('shows names, depth and counts', async () => {
    await show()
    expect(screen.getAllByRole('link').map((link) => link.textContent.replace(/\s+/g, ' ').trim())).toEqual([
      'Home 2 notes',
      'Level 2: Kitchen 1 note',
      'Travel',
    ])
  })

  it('moves the focus by arrow keys, collapses and expands a branch', async () => {
    const { user } = await show()
    screen.getByRole('link', { name: /Home/ }).focus()
    await user.keyboard('{ArrowDown}')
    expect(focused()).toContain('Kitchen')
    await user.keyboard('{ArrowLeft}')
    expect(focused()).toContain('Home')
    await user.keyboard('{ArrowLeft}')
    expect(screen.queryByRole('link', { name: /Kitchen/ })).toBeNull()
    await user.keyboard('{ArrowDown}')
    expect(focused()).toContain('Travel')
    await user.keyboard('{Home}{ArrowRight}{ArrowRight}')
    expect(focused()).toContain('Kitchen')
    expect(screen.getAllByRole('link').filter((link) => link.tabIndex === 0)).toHaveLength(1)
  })

  it('stores collapsed notebooks', async () => {
    const { user } = await show()
    await user.click(screen.getByRole('button', { name: 'Notebooks in Home' }))
    expect(localStorage.getItem('satchel.collapsed-notebooks')).toBe('a')
  })

  it('opens the dialogs to rename by F2 and to delete by Delete', async () => {
    const { user } = await show()
    screen.getByRole('link', { name: /Travel/ }).focus()
    await user.keyboard('{F2}')
    expect(notebookDialog.value).toMatchObject({ kind: 'rename', notebook: { id: 'c' } })
    await user.keyboard('{Delete}')
    expect(notebookDialog.value).toMatchObject({ kind: 'delete', notebook: { id: 'c' } })
  })

  it('links to the notes of a notebook', async () => {
    const { router, user } = await show()
    await user.click(screen.getByRole('link', { name: /Kitchen/ }))
    expect(router.currentRoute.value.fullPath).toBe('/notes?notebook=b')
  })
})
