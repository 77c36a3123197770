// Owns notebooks, tags and batches as the server in memory answers about them, and the examples of the
// pictures. Refuses limits: those are the server's tests.
import type { Batch, NewBatch, Note, Notebook, Tag } from '../../src/api/types'
import { batchOfFiles, type MockFiles } from './files'
import { problem, type Reply } from './me'
import { changeTasks, type MockTasks } from './tasks'

export interface Organised {
  notebooks: Map<string, Notebook>
  /** What takes a batch back. */
  batches: Map<string, () => number>
}

interface World {
  notes: Map<string, Note>
  organised: Organised
  filing: MockFiles
  planned: MockTasks
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

/** By the first word of the title: where it lies, and its tags. */
const PLACED: Record<string, [string | null, string[]]> = {
  Weekend: [NOTEBOOKS.travel, ['family', 'summer']],
  House: [NOTEBOOKS.workshop, []],
  'Sourdough,': [NOTEBOOKS.kitchen, ['bread']],
  Meeting: [NOTEBOOKS.house, ['to call']],
  Reading: [null, ['books', 'family', 'gifts', 'someday', 'winter']],
  Birthday: [NOTEBOOKS.home, ['family', 'gifts']],
  Winter: [null, ['to call', 'winter']],
}

export function organise(notes: Map<string, Note>): Organised {
  for (const note of notes.values()) {
    const placed = PLACED[note.title.split(' ')[0]!]
    if (placed) [note.notebook_id, note.tags] = placed
    note.checklist = checklist(note.body)
  }
  const notebooks = EXAMPLES.map(([id, name, parent_id]): [string, Notebook] => [
    id,
    { id, version: 1, name, parent_id, notes: 0, created_at: TIME, updated_at: TIME },
  ])
  return { notebooks: new Map(notebooks), batches: new Map() }
}

export function checklist(body: string) {
  const boxes = body.match(/^\s*[-*] \[[ xX]\] /gm) ?? []
  return { total: boxes.length, open: boxes.filter((box) => box.includes('[ ]')).length }
}

export const isOrganising = (noun: string | undefined) =>
  ['notebooks', 'tags', 'batch', 'batches', 'changes'].includes(noun ?? '')

/** Says hello and goodbye: a line that stays open would never let the pictures come to rest. */
export const EVENTS = 'retry: 3600000\n\nevent: hello\nid: 1\ndata: {"last_seq":1}\n\nevent: bye\ndata: {}\n\n'

export function answerOrganising(
  world: World,
  method: string,
  [noun, id, verb]: (string | undefined)[],
  query: URLSearchParams,
  body: Record<string, unknown>,
): Reply {
  if (noun === 'changes') return { status: 200, body: { items: [], next_cursor: null, last_seq: 1 } }
  if (noun === 'notebooks') return notebooks(world, method, id, query, body)
  if (noun === 'tags') return tags(world, method, id, verb, body)
  if (noun === 'batch') return batch(world, body as unknown as NewBatch)
  const undo = world.organised.batches.get(id ?? '')
  if (!undo) return problem(409, 'already_undone', 'This was undone before.')
  world.organised.batches.delete(id ?? '')
  return { status: 200, body: { id, undone: undo(), skipped: 0, undone_at: TIME } }
}

const inUse = (note: Note) => !note.deleted_at && !note.archived
const page = <T>(items: T[]): Reply => ({ status: 200, body: { items, next_cursor: null } })
const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)

function notebooks(
  { notes, organised }: World,
  method: string,
  id: string | undefined,
  query: URLSearchParams,
  body: Record<string, unknown>,
): Reply {
  const all = organised.notebooks
  const counted = (notebook: Notebook) => ({
    ...notebook,
    notes: [...notes.values()].filter((note) => inUse(note) && note.notebook_id === notebook.id).length,
  })
  if (!id) {
    if (method === 'GET') return page([...all.values()].map(counted).sort(byName))
    const made: Notebook = {
      id: String(body.id),
      version: 1,
      name: String(body.name),
      parent_id: (body.parent_id as string | null) ?? null,
      notes: 0,
      created_at: TIME,
      updated_at: TIME,
    }
    all.set(made.id, made)
    return { status: 201, body: made }
  }
  const notebook = all.get(id)
  if (!notebook) return problem(404, 'not_found', 'There is no such notebook.')
  if (method === 'GET') return { status: 200, body: counted(notebook) }
  if (method === 'PATCH') {
    all.set(id, { ...notebook, ...body, version: notebook.version + 1 })
    return { status: 200, body: counted(all.get(id)!) }
  }
  const before = new Map(all)
  const gone = new Set([id])
  if (query.get('notes') === 'trash')
    for (const one of all.values()) if (one.parent_id && gone.has(one.parent_id)) gone.add(one.id)
  for (const one of gone) all.delete(one)
  for (const one of all.values())
    if (one.parent_id === id) all.set(one.id, { ...one, parent_id: notebook.parent_id ?? null })
  const trash = query.get('notes') === 'trash'
  const touched = change(
    notes,
    [...notes.values()].filter((note) => note.notebook_id && gone.has(note.notebook_id)),
    (note) => (trash ? trashed(note) : { ...note, notebook_id: notebook.parent_id ?? null }),
  )
  const batchId = `0190f3a0-0000-7000-8000-00000000b${String((counter += 1)).padStart(3, '0')}`
  organised.batches.set(batchId, () => {
    organised.notebooks = before
    return touched.undo()
  })
  return { status: 204, headers: { 'X-Batch-Id': batchId } }
}

const trashed = (note: Note): Note => {
  const now = Date.now()
  return { ...note, deleted_at: new Date(now).toISOString(), purge_at: new Date(now + 30 * 86_400_000).toISOString() }
}

function tags(
  { notes }: World,
  method: string,
  id: string | undefined,
  verb: string | undefined,
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
    verb === 'merge'
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

function change(notes: Map<string, Note>, which: Note[], how: (note: Note) => Note) {
  const before = which.map((note) => ({ ...note }))
  for (const note of which) notes.set(note.id, { ...how(note), version: note.version + 1 })
  return {
    undo() {
      for (const note of before) notes.set(note.id, { ...note, version: note.version + 2 })
      return before.length
    },
  }
}

function batch({ notes, organised, filing, planned }: World, order: NewBatch): Reply {
  if (order.kind === 'file') {
    const done = batchOfFiles(filing, order)
    organised.batches.set(done.batch.id, done.undo)
    return { status: 200, body: done.batch }
  }
  if (order.kind === 'task') {
    changeTasks(planned, order)
    const items = order.ids.map((id) => ({ id, version: planned.tasks.get(id)?.version ?? 1 }))
    return {
      status: 200,
      body: {
        id: order.ids[0]!,
        kind: 'task',
        action: order.action,
        count: items.length,
        created_at: TIME,
        undone_at: null,
        items,
      },
    }
  }
  const which = order.ids.map((id) => notes.get(id)).filter((note) => note !== undefined)
  const touched = change(notes, which, (note) => act(note, order))
  const id = `0190f3a0-0000-7000-8000-00000000b${String((counter += 1)).padStart(3, '0')}`
  organised.batches.set(id, touched.undo)
  const items = which.map((note) => ({ id: note.id, version: note.version + 1 }))
  const body: Batch = {
    id,
    kind: 'note',
    action: order.action,
    count: which.length,
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
      return trashed(note)
    default:
      return { ...note, deleted_at: null, purge_at: null }
  }
}
