// Saves on a base version and the history of notes in the mock server.
import type { Note, NotePatch, RevisionText, SavedNote } from '../../src/api/types'
import type { SaveRequest } from '../../src/features/editor/schema'
import type { NoteDraft } from '../../src/features/notes/schema'
import { difference, mergeTexts } from '../../src/lib/textDiff'
import { problem, type Reply } from './account'

export type Histories = Map<string, RevisionText[]>

const size = (text: string) => new TextEncoder().encode(text).length
const maxVersion = (revisions: RevisionText[]) =>
  revisions.reduce((highest, { version }) => Math.max(highest, version), 0)

export function addRevision(
  histories: Histories,
  note: Note,
  reason: RevisionText['reason'],
  at = note.updated_at,
): number {
  const revisions = histories.get(note.id) ?? []
  const current = reason !== 'conflict' && reason !== 'merged'
  const version = current ? note.version : Math.max(maxVersion(revisions), note.version) + 1
  if (current) for (const revision of revisions) revision.current = false
  revisions.push({
    version,
    title: note.title,
    body: note.body,
    size_bytes: size(note.body),
    reason,
    created_at: at,
    current,
  })
  histories.set(note.id, revisions)
  return version
}

/** Earlier versions of the example notes. */
export function exampleHistory(notes: Iterable<Note>): Histories {
  const histories: Histories = new Map()
  for (const note of notes) {
    const before = (minutes: number) => new Date(Date.parse(note.updated_at) - minutes * 60_000).toISOString()
    const older = (version: number, body: string, minutes: number, reason: RevisionText['reason']) =>
      histories.set(note.id, [
        ...(histories.get(note.id) ?? []),
        {
          version,
          title: note.title,
          body,
          size_bytes: size(body),
          reason,
          created_at: before(minutes),
          current: false,
        },
      ])
    const first = note.body.split('\n').slice(0, 4).join('\n')
    const second = note.body.replace('Monday evening', 'Sunday night').replace('- [x] Rain coats', '- [ ] Rain coats')
    older(1, first, 4200, 'edit')
    older(2, first.replace('16:05', '17:35'), 2900, 'conflict')
    older(3, second, 1500, 'edit')
    older(4, second.replace('| Food | all | 96.75 |', '| Food | all | 80.00 |'), 40, 'merge')
    note.version = 5
    addRevision(histories, note, 'edit')
  }
  return histories
}

type Store = (note: Note) => Note

/** A save with a base version: stored, merged, or rejected into the history. */
export function saveOnBase(histories: Histories, note: Note, request: SaveRequest<NoteDraft>, store: Store): Reply {
  const { base_version, save_id: _, ...patch } = request
  const accept = (fields: NotePatch, merge: SavedNote['merge']): Reply => {
    const stored = store({ ...note, ...fields, version: maxVersion(histories.get(note.id) ?? []) })
    addRevision(histories, stored, merge === 'clean' ? 'merge' : 'edit')
    return { status: 200, body: { ...stored, merge } }
  }
  if (base_version === note.version) return accept(patch, 'none')
  const base = histories.get(note.id)?.find(({ version }) => version === base_version)
  const merged = (field: 'title' | 'body') =>
    patch[field] === undefined ? note[field] : base && mergeTexts(base[field], patch[field], note[field])
  const [title, body] = [merged('title'), merged('body')]
  if (title !== undefined && body !== undefined) return accept({ ...patch, title, body }, 'clean')
  const rejected = {
    ...note,
    title: patch.title ?? base?.title ?? note.title,
    body: patch.body ?? base?.body ?? note.body,
  }
  const version = addRevision(histories, rejected, 'conflict', new Date().toISOString())
  return {
    status: 200,
    body: { ...note, merge: 'conflict', conflict: { version, title: rejected.title, body: rejected.body } },
  }
}

/** `…/revisions[/{version}[/diff|/restore]]` */
export function answerHistory(
  histories: Histories,
  note: Note,
  method: string,
  [version, action]: string[],
  store: Store,
): Reply {
  const revisions = [...(histories.get(note.id) ?? [])].sort((a, b) => b.version - a.version)
  if (!version)
    return { status: 200, body: { items: revisions.map(({ body: _, ...revision }) => revision), next_cursor: null } }
  const revision = revisions.find((candidate) => candidate.version === Number(version))
  if (!revision) return problem(404, 'not_found', 'There is no such revision.')
  if (action === 'diff') {
    const [title, body] = [difference(revision.title, note.title), difference(revision.body, note.body)]
    return { status: 200, body: { from: revision.version, to: note.version, title, body } }
  }
  if (action === 'restore') {
    const stored = store({ ...note, title: revision.title, body: revision.body, version: maxVersion(revisions) })
    addRevision(histories, stored, 'restore')
    return { status: 200, body: stored }
  }
  if (method === 'DELETE') {
    histories.set(
      note.id,
      revisions.filter((candidate) => candidate !== revision),
    )
    return { status: 204 }
  }
  return { status: 200, body: revision }
}
