// Owns the word going round this tab that notes, notebooks or tags have changed. Refuses to read anything:
// whoever shows something re-reads it.
import type { Change } from '@/api/types'
import { joinAudience, newsOf, type Stop } from '@/lib/live'
import { settle } from '@/lib/settle'

const LABELS_QUIET_MS = 800
const LABELS_LONGEST_MS = 5000

const labels = new Set<() => void>()
const tellLabels = settle(() => labels.forEach((listener) => listener()), LABELS_QUIET_MS, LABELS_LONGEST_MS)

export const noteNews = newsOf(tellLabels.ask)

export const onRemoteChange = noteNews.onChange
export const onNotesStale = noteNews.onStale
export const onReset = noteNews.onReset
export const noteKnown = noteNews.known
export const notesTouched = noteNews.touched
export const takeReset = noteNews.reset

/** Notebooks and tags, their names or counts, may be out of date. */
export const onLabelsStale = (listener: () => void): Stop => joinAudience(labels, listener)

/** Notebooks or tags themselves were changed by this tab. */
export const labelsTouched = () => tellLabels.ask()

export function takeChange(change: Change) {
  if (change.kind === 'note') return noteNews.take(change)
  tellLabels.ask()
  // Names of notebooks and tags stand in the lists, too.
  if (change.kind === 'tag') noteNews.stale()
}
