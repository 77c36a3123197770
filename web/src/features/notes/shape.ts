// Owns which fields of a note are written by hand. Refuses to compare them: that is the same for every text.
import { textShape } from '@/features/writing/shape'
import type { Draft } from './types'

export const NOTE_SHAPE = textShape<Draft>({ title: '', body: '', pinned: false, archived: false }, 'body')
