// Owns one open note: what is a note's own about reading, writing and saving it. Refuses everything that is
// the same for every text (useText).
import type { Note } from '@/api/types'
import type { TextResource } from '@/features/editor/resource'
import { registerResource } from '@/features/editor/backgroundSaves'
import { useText, type TextEvents } from '@/features/editor/useText'
import { readNote, saveNote } from './api'
import { createNote } from './beginnings'
import { noteChanges } from '@/changes'
import { NOTE_SCHEMA } from './schema'
import type { Draft } from './types'

const NOTE: TextResource<Note, Draft> = {
  name: 'note',
  schema: NOTE_SCHEMA,
  create: createNote,
  save: saveNote,
  read: readNote,
  changes: noteChanges,
}

registerResource(NOTE)

export function useNote(id: string, isNew: boolean, events: TextEvents<Note>) {
  const { entity: note, ...text } = useText(NOTE, id, isNew, events)
  return { note, ...text }
}
