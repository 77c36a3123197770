// Notebook and tags of notes that are not created yet: those of the list in which the note was started, or chosen before
// its first word.
import { shallowReactive } from 'vue'
import type { NoteLabels } from '@/api/types'

const defaults = shallowReactive(new Map<string, NoteLabels>())

export function setNewNoteDefaults(id: string, labels: NoteLabels) {
  defaults.set(id, labels)
}

export const newNoteDefaults = (id: string): NoteLabels | undefined => defaults.get(id)

/** Returns the defaults once, when the note exists: they may differ from what was sent. */
export function takeNewNoteDefaults(id: string): NoteLabels | undefined {
  const labels = defaults.get(id)
  defaults.delete(id)
  return labels
}
