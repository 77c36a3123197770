// Owns one open note: what is a note's own about reading, writing and saving it. Refuses everything that is
// the same for every text (useText).
import type { Note } from '@/api/types'
import type { TextKind } from '@/features/writing/kind'
import { lookAfter } from '@/features/writing/parked'
import { useText, type TextEvents } from '@/features/writing/useText'
import { readNote, saveNote } from './api'
import { createNote } from './beginnings'
import { noteNews } from './live'
import { NOTE_SHAPE } from './shape'
import type { Draft } from './types'

const NOTE: TextKind<Note, Draft> = {
  name: 'note',
  shape: NOTE_SHAPE,
  create: createNote,
  save: saveNote,
  read: readNote,
  news: noteNews,
}

lookAfter(NOTE)

export function useNote(id: string, isNew: boolean, events: TextEvents<Note>) {
  const { entity: note, ...text } = useText(NOTE, id, isNew, events)
  return { note, ...text }
}
