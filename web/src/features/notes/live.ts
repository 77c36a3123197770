// Owns the word going round this tab that notes, tasks, files, or what they are kept in, have changed. Refuses
// to read anything: whoever shows something re-reads it.
import type { BatchKind, Change } from '@/api/types'
import { joinAudience, newsOf, type Stop } from '@/lib/live'
import { settle } from '@/lib/settle'

const LABELS_QUIET_MS = 800
const LABELS_LONGEST_MS = 5000

type Touched = readonly { id: string; version: number }[]

const labels = new Set<() => void>()
const tellLabels = settle(() => labels.forEach((listener) => listener()), LABELS_QUIET_MS, LABELS_LONGEST_MS)

export const noteNews = newsOf(tellLabels.ask)
export const taskNews = newsOf(tellLabels.ask)
export const fileNews = newsOf(tellLabels.ask)
const KINDS = new Map([
  ['note', noteNews],
  ['task', taskNews],
  ['file', fileNews],
])

export const onRemoteChange = noteNews.onChange
export const onNotesStale = noteNews.onStale
export const onReset = noteNews.onReset
export const noteKnown = noteNews.known
export const notesTouched = noteNews.touched
export const onFilesStale = fileNews.onStale
export const filesTouched = fileNews.touched
export const tasksTouched = taskNews.touched

/** What was touched by a batch of any kind. */
export const touched = (kind: BatchKind, changed: Touched = []) => KINDS.get(kind)?.touched(changed)

/** Notebooks, lists of tasks and tags, their names or counts, may be out of date. */
export const onLabelsStale = (listener: () => void): Stop => joinAudience(labels, listener)

/** Notebooks, lists of tasks or tags themselves were changed by this tab. */
export const labelsTouched = () => tellLabels.ask()

export function takeChange(change: Change) {
  const news = KINDS.get(change.kind)
  if (news) return news.take(change)
  tellLabels.ask()
  // The names of tags stand in the lists, too.
  if (change.kind === 'tag') KINDS.forEach((kind) => kind.stale())
}

/** What was read before somebody listened may have changed since. */
export const everythingTouched = () => KINDS.forEach((kind) => kind.touched())

export function takeReset() {
  KINDS.forEach((kind) => kind.reset())
}
