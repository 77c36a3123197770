// Owns where a note that does not exist yet is going to be: the notebook it was begun in, the tags it
// was given before its first word. Refuses to change a note that exists.
import { shallowReactive } from 'vue'
import { ApiError } from '@/api/errors'
import type { NewNote, Note, NoteLabels } from '@/api/types'
import { uuidv7 } from '@/lib/uuid'
import * as api from './api'

const wanted = shallowReactive(new Map<string, NoteLabels>())
/** A creation is repeated word by word, whatever is wanted by then. */
const sent = new Map<string, NoteLabels>()

export function beginIn(id: string, labels: NoteLabels) {
  wanted.set(id, labels)
}

export const beginningOf = (id: string): NoteLabels | undefined => wanted.get(id)

/** What was wanted for the note that exists by now; told once. */
export function takeBeginning(id: string): NoteLabels | undefined {
  const labels = wanted.get(id)
  wanted.delete(id)
  sent.delete(id)
  return labels
}

/** A page that was loaded again no longer knows what was wanted, so its repetition may differ from what
 *  the key stands for: with a new key the server says whether the note is there. */
export async function createNote(note: NewNote, idempotencyKey: string): Promise<Note> {
  const labels = sent.get(note.id ?? '') ?? wanted.get(note.id ?? '')
  if (note.id && labels) sent.set(note.id, labels)
  try {
    return await api.createNote({ ...note, ...labels }, idempotencyKey)
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'idempotency_key_reused') throw error
    return api.createNote({ ...note, ...labels }, uuidv7())
  }
}
