// Actions on a whole note, from the list and the editor, with their toast and undo.
import { describeError } from '@/api/errors'
import type { Note, NoteSummary } from '@/api/types'
import { undoBatch } from '@/features/batches/batches'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { deleteNotePermanently, flagNote, restoreNote, trashNote } from './api'
import { noteName } from './noteName'

export interface NoteActionEvents {
  changed: (note: Note) => void
}

export function useNoteActions(events: NoteActionEvents) {
  /** Shows an error and returns false. */
  async function attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      showToast(describeError(error), { tone: 'danger' })
      return false
    }
  }

  const flag = (note: NoteSummary, flags: { pinned?: boolean; archived?: boolean }) =>
    attempt(async () => events.changed(await flagNote(note.id, note.version, flags)))

  const pin = (note: NoteSummary) => flag(note, { pinned: !note.pinned })

  async function archive(note: NoteSummary): Promise<boolean> {
    const archived = !note.archived
    let latest: Note | undefined
    const done = await attempt(async () => {
      latest = await flagNote(note.id, note.version, { archived })
      events.changed(latest)
    })
    if (!done || !latest) return false
    offerUndo(archived ? `Archived “${noteName(note)}”` : `Moved “${noteName(note)}” back to Notes`, () =>
      attempt(async () => events.changed(await flagNote(note.id, latest!.version, { archived: !archived }))),
    )
    return true
  }

  async function trash(note: NoteSummary): Promise<boolean> {
    let batch: string | null = null
    const done = await attempt(async () => {
      batch = await trashNote(note.id)
    })
    if (!done) return false
    const undo = () => (batch ? undoBatch(batch) : attempt(async () => events.changed(await restoreNote(note.id))))
    offerUndo(`Moved “${noteName(note)}” to the trash`, undo)
    return true
  }

  async function restore(note: NoteSummary): Promise<boolean> {
    let restored: Note | undefined
    const done = await attempt(async () => {
      restored = await restoreNote(note.id)
    })
    if (!done || !restored) return false
    events.changed(restored)
    showToast(`Restored “${noteName(note)}”`)
    return true
  }

  async function deletePermanently(note: NoteSummary): Promise<boolean> {
    const done = await attempt(() => deleteNotePermanently(note.id))
    if (done) showToast(`Deleted “${noteName(note)}” permanently`)
    return done
  }

  return { pin, archive, trash, restore, deletePermanently }
}
