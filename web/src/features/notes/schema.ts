// Owns which fields of a note are written by hand. Refuses to compare them: that is the same for every text.
import { textSchema } from '@/features/editor/schema'
import type { Draft } from './types'

export const NOTE_SCHEMA = textSchema<Draft>({ title: '', body: '', pinned: false, archived: false }, 'body')
