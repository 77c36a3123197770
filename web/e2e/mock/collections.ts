// Notebooks, tags and batches in the mock server, with the examples of the screenshots. It checks no limits.
import type { Batch, NewBatch, Note, Notebook, Tag } from '../../src/api/types'
import { batchOfFiles, type MockFiles } from './files'
import { problem, type Reply } from './account'
import { changeTasks, type MockTasks } from './tasks'

export interface MockCollections {
  notebooks: Map<string, Notebook>
  /** Undo functions by batch id. */
  batches: Map<string, () => number>
}

interface MockData {
  notes: Map<string, Note>
  collections: MockCollections
  fileData: MockFiles
  taskData: MockTasks
}

const TIME = '2026-01-02T09:00:00Z'
const id = (number: number) => `0190f3a0-0000-7000-8000-000000000${700 + number}`
let counter = 0

export const NOTEBOOKS = { home: id(1), kitchen: id(2), house: id(3), travel: id(4), workshop: id(5), empty: id(6) }

const EXAMPLES: [string, string, string | null][] = [
  [NOTEBOOKS.home, 'Home', null],
  [NOTEBOOKS.house, 'House and landlord', NOTEBOOKS.home],
  [NOTEBOOKS.kitchen, 'Kitchen', NOTEBOOKS.home],
  [NOTEBOOKS.travel, 'Travel', null],
  [NOTEBOOKS.workshop, 'Workshop', null],
  [NOTEBOOKS.empty, 'Someday', null],
]

/** Notebook and tags by the first word of the title. */
const LABELS: Record<string, [string | null, string[]]> = {
  Weekend: [NOTEBOOKS.travel, ['family', 'summer']],
  House: [NOTEBOOKS.workshop, []],
  'Sourdough,': [NOTEBOOKS.kitchen, ['bread']],
  Meeting: [NOTEBOOKS.house, ['to call']],
  Reading: [null, ['books', 'family', 'gifts', 'someday', 'winter']],
  Birthday: [NOTEBOOKS.home, ['family', 'gifts']],
  Winter: [null, ['to call', 'winter']],
}

export function exampleCollections(notes: Map<string, Note>): MockCollections {
  for (const note of notes.values()) {
    const labels = LABELS[note.title.split(' ')[0]!]
    if (labels) [note.notebook_id, note.tags] = labels
    note.checklist = checklist(note.body)
  }
  const notebooks = EXAMPLES.map(([id, name, parent_id]): [string, Notebook] => [
    id,
    { id, version: 1, name, parent_id, notes: 0, created_at: TIME, updated_at: TIME },
  ])
  return { notebooks: new Map(notebooks), batches: new Map() }
}

export function checklist(body: string) {
  const checkboxes = body.match(/^\s*[-*] \[[ xX]\] /gm) ?? []
  return { total: checkboxes.length, open: checkboxes.filter((checkbox) => checkbox.includes('[ ]')).length }
}

export const isCollections = (resource: string | undefined) =>
  ['notebooks', 'tags', 'batch', 'batches', 'changes'].includes(resource ?? '')

/** Closes at once: Playwright waits until the network is idle. */
export const EVENTS = 'retry: 3600000\n\nevent: hello\nid: 1\ndata: {"last_seq":1}\n\nevent: bye\ndata: {}\n\n'

export function answerCollections(
  data: MockData,
  method: string,
  [resource, id, action]: (string | undefined)[],
  query: URLSearchParams,
  body: Record<string, unknown>,
): Reply {
  if (resource === 'changes') return { status: 200, body: { items: [], next_cursor: null, last_seq: 1 } }
  if (resource === 'notebooks') return notebooks(data, method, id, query, body)
  if (resource === 'tags') return tags(data, method, id, action, body)
  if (resource === 'batch') return batch(data, body as unknown as NewBatch)
  const undo = data.collections.batches.get(id ?? '')
  if (!undo) return problem(409, 'already_undone', 'This was already undone.')
  data.collections.batches.delete(id ?? '')
  return { status: 200, body: { id, undone: undo(), skipped: 0, undone_at: TIME } }
}

const isActive = (note: Note) => !note.deleted_at && !note.archived
const page = <T>(items: T[]): Reply => ({ status: 200, body: { items, next_cursor: null } })
const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)

function notebooks(
  { notes, collections }: MockData,
  method: string,
  id: string | undefined,
  query: URLSearchParams,
  body: Record<string, unknown>,
): Reply {
  const all = collections.notebooks
  const withCount = (notebook: Notebook) => ({
    ...notebook,
    notes: [...notes.values()].filter((note) => isActive(note) && note.notebook_id === notebook.id).length,
  })
  if (!id) {
    if (method === 'GET') return page([...all.values()].map(withCount).sort(byName))
    const created: Notebook = {
      id: String(body.id),
      version: 1,
      name: String(body.name),
      parent_id: (body.parent_id as string | null) ?? null,
      notes: 0,
      created_at: TIME,
      updated_at: TIME,
    }
    all.set(created.id, created)
    return { status: 201, body: created }
  }
  const notebook = all.get(id)
  if (!notebook) return problem(404, 'not_found', 'There is no such notebook.')
  if (method === 'GET') return { status: 200, body: withCount(notebook) }
  if (method === 'PATCH') {
    all.set(id, { ...notebook, ...body, version: notebook.version + 1 })
    return { status: 200, body: withCount(all.get(id)!) }
  }
  const before = new Map(all)
  const deleted = new Set([id])
  if (query.get('notes') === 'trash')
    for (const one of all.values()) if (one.parent_id && deleted.has(one.parent_id)) deleted.add(one.id)
  for (const one of deleted) all.delete(one)
  for (const one of all.values())
    if (one.parent_id === id) all.set(one.id, { ...one, parent_id: notebook.parent_id ?? null })
  const trash = query.get('notes') === 'trash'
  const changed = change(
    notes,
    [...notes.values()].filter((note) => note.notebook_id && deleted.has(note.notebook_id)),
    (note) => (trash ? moveToTrash(note) : { ...note, notebook_id: notebook.parent_id ?? null }),
  )
  const batchId = `0190f3a0-0000-7000-8000-00000000b${String((counter += 1)).padStart(3, '0')}`
  collections.batches.set(batchId, () => {
    collections.notebooks = before
    return changed.undo()
  })
  return { status: 204, headers: { 'X-Batch-Id': batchId } }
}

const moveToTrash = (note: Note): Note => {
  const now = Date.now()
  return { ...note, deleted_at: new Date(now).toISOString(), purge_at: new Date(now + 30 * 86_400_000).toISOString() }
}

function tags(
  { notes }: MockData,
  method: string,
  id: string | undefined,
  action: string | undefined,
  body: Record<string, unknown>,
): Reply {
  const names = [...new Set([...notes.values()].flatMap((note) => note.tags))].sort()
  const all: Tag[] = names.map((name) => ({
    id: `0190f3a0-0000-7000-8000-${[...name]
      .reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 1e12, 7)
      .toString()
      .padStart(12, '0')}`,
    name,
    notes: [...notes.values()].filter((note) => !note.deleted_at && note.tags.includes(name)).length,
    tasks: 0,
    files: 0,
    created_at: TIME,
  }))
  if (!id) return page(all)
  const tag = all.find((one) => one.id === id)
  if (!tag) return problem(404, 'not_found', 'There is no such tag.')
  const into =
    action === 'merge'
      ? all.find((one) => one.id === body.into)?.name
      : method === 'PATCH'
        ? String(body.name)
        : undefined
  if (method === 'PATCH' && names.includes(into!) && into !== tag.name)
    return problem(409, 'name_taken', 'Another tag has this name.')
  change(
    notes,
    [...notes.values()].filter((note) => note.tags.includes(tag.name)),
    (note) => ({
      ...note,
      tags: [...new Set([...note.tags.filter((name) => name !== tag.name), ...(into ? [into] : [])])].sort(),
    }),
  )
  return method === 'DELETE' ? { status: 204 } : { status: 200, body: { ...tag, name: into } }
}

function change(notes: Map<string, Note>, targets: Note[], apply: (note: Note) => Note) {
  const before = targets.map((note) => ({ ...note }))
  for (const note of targets) notes.set(note.id, { ...apply(note), version: note.version + 1 })
  return {
    undo() {
      for (const note of before) notes.set(note.id, { ...note, version: note.version + 2 })
      return before.length
    },
  }
}

function batch({ notes, collections, fileData, taskData }: MockData, request: NewBatch): Reply {
  if (request.kind === 'file') {
    const done = batchOfFiles(fileData, request)
    collections.batches.set(done.batch.id, done.undo)
    return { status: 200, body: done.batch }
  }
  if (request.kind === 'task') {
    changeTasks(taskData, request)
    const items = request.ids.map((id) => ({ id, version: taskData.tasks.get(id)?.version ?? 1 }))
    return {
      status: 200,
      body: {
        id: request.ids[0]!,
        kind: 'task',
        action: request.action,
        count: items.length,
        created_at: TIME,
        undone_at: null,
        items,
      },
    }
  }
  const targets = request.ids.map((id) => notes.get(id)).filter((note) => note !== undefined)
  const changed = change(notes, targets, (note) => act(note, request))
  const id = `0190f3a0-0000-7000-8000-00000000b${String((counter += 1)).padStart(3, '0')}`
  collections.batches.set(id, changed.undo)
  const items = targets.map((note) => ({ id: note.id, version: note.version + 1 }))
  const body: Batch = {
    id,
    kind: 'note',
    action: request.action,
    count: targets.length,
    created_at: TIME,
    undone_at: null,
    items,
  }
  return { status: 200, body }
}

function act(note: Note, { action, notebook_id, tags = [] }: NewBatch): Note {
  switch (action) {
    case 'move':
      return { ...note, notebook_id: notebook_id ?? null }
    case 'tag':
      return { ...note, tags: [...new Set([...note.tags, ...tags])].sort() }
    case 'untag':
      return { ...note, tags: note.tags.filter((tag) => !tags.includes(tag)) }
    case 'pin':
    case 'unpin':
      return { ...note, pinned: action === 'pin' }
    case 'archive':
    case 'unarchive':
      return { ...note, archived: action === 'archive' }
    case 'delete':
      return moveToTrash(note)
    default:
      return { ...note, deleted_at: null, purge_at: null }
  }
}
