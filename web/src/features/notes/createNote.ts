// Creates a note with the notebook and the tags that were chosen before it existed.
import { ApiError } from '@/api/errors'
import type { NewNote, Note, NoteLabels } from '@/api/types'
import { uuidv7 } from '@/lib/uuid'
import * as api from './api'
import { newNoteDefaults } from './newNoteDefaults'

/** As sent with the first attempt: a creation is repeated with the same content, even if the defaults changed since. */
const sent = new Map<string, NoteLabels>()

/** After a reload the defaults are lost, so a repeated creation may differ from the first attempt, and the server rejects
 *  the idempotency key. A new key then finds out whether the note exists. */
export async function createNote(note: NewNote, idempotencyKey: string): Promise<Note> {
  const id = note.id ?? ''
  const labels = sent.get(id) ?? newNoteDefaults(id)
  if (labels) sent.set(id, labels)
  try {
    const created = await api.createNote({ ...note, ...labels }, idempotencyKey)
    sent.delete(id)
    return created
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'idempotency_key_reused') throw error
    return api.createNote({ ...note, ...labels }, uuidv7())
  }
}
