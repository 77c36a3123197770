// One open note. `useText` does what notes and tasks have in common.
import type { Note } from '@/api/types'
import { noteChanges } from '@/changes'
import { registerResource } from '@/features/editor/backgroundSaves'
import type { TextResource } from '@/features/editor/resource'
import { useText, type TextEvents } from '@/features/editor/useText'
import { readNote, saveNote } from './api'
import { createNote } from './createNote'
import { NOTE_SCHEMA, type NoteDraft } from './schema'

const NOTE: TextResource<Note, NoteDraft> = {
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
