// Notebook and tags of notes that are not created yet: those of the list in which the note was started, or chosen before
// its first word.
import { shallowReactive } from 'vue'
import { ApiError } from '@/api/errors'
import type { NewNote, Note, NoteLabels } from '@/api/types'
import { uuidv7 } from '@/lib/uuid'
import * as api from './api'

const defaults = shallowReactive(new Map<string, NoteLabels>())
/** As sent with the first attempt: a creation is repeated with the same content, even if the defaults changed since. */
const sent = new Map<string, NoteLabels>()

export function setNewNoteDefaults(id: string, labels: NoteLabels) {
  defaults.set(id, labels)
}

export const newNoteDefaults = (id: string): NoteLabels | undefined => defaults.get(id)

/** Returns the defaults once, when the note exists: they may differ from what was sent. */
export function takeNewNoteDefaults(id: string): NoteLabels | undefined {
  const labels = defaults.get(id)
  defaults.delete(id)
  sent.delete(id)
  return labels
}

/** After a reload the defaults are lost, so a repeated creation may differ from the first attempt, and the server rejects
 *  the idempotency key. A new key then finds out whether the note exists. */
export async function createNote(note: NewNote, idempotencyKey: string): Promise<Note> {
  const labels = sent.get(note.id ?? '') ?? defaults.get(note.id ?? '')
  if (note.id && labels) sent.set(note.id, labels)
  try {
    return await api.createNote({ ...note, ...labels }, idempotencyKey)
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'idempotency_key_reused') throw error
    return api.createNote({ ...note, ...labels }, uuidv7())
  }
}
