// Owns the word going round this tab that notes, files, notebooks or tags have changed, wherever that
// happened: another tab, another device, a batch of this one. Refuses to read anything: whoever shows
// something re-reads it.
import { getCurrentScope, onScopeDispose } from 'vue'
import type { BatchKind, Change } from '@/api/types'
import { settle } from '@/lib/settle'

type NoteListener = (noteId: string, version: number, op: Change['op']) => void
type Stop = () => void

const QUIET_MS = 300
const LONGEST_MS = 2000
const LABELS_QUIET_MS = 800
const LABELS_LONGEST_MS = 5000
const MOST_KNOWN = 2000

const notes = new Set<NoteListener>()
const lists = new Set<() => void>()
const files = new Set<() => void>()
const labels = new Set<() => void>()
const everything = new Set<() => void>()
/** What this tab has seen already, so that the echo of its own saves makes no work. */
const known = new Map<string, number>()
const tellLists = settle(() => lists.forEach((listener) => listener()), QUIET_MS, LONGEST_MS)
const tellFiles = settle(() => files.forEach((listener) => listener()), QUIET_MS, LONGEST_MS)
const tellLabels = settle(() => labels.forEach((listener) => listener()), LABELS_QUIET_MS, LABELS_LONGEST_MS)

function join<T>(audience: Set<T>, listener: T): Stop {
  audience.add(listener)
  const stop = () => void audience.delete(listener)
  if (getCurrentScope()) onScopeDispose(stop)
  return stop
}

/** A note has a newer version than this tab has seen; at once, one call for each change. */
export const onRemoteChange = (listener: NoteListener): Stop => join(notes, listener)

/** Lists of notes may be out of date; told once after many changes. */
export const onNotesStale = (listener: () => void): Stop => join(lists, listener)

/** Lists of files, their names and the room they take may be out of date; told once after many changes. */
export const onFilesStale = (listener: () => void): Stop => join(files, listener)

/** Notebooks and tags, their names or counts, may be out of date. */
export const onLabelsStale = (listener: () => void): Stop => join(labels, listener)

/** Nothing that was read before can be trusted: also the open note is to be looked at again. */
export const onReset = (listener: () => void): Stop => join(everything, listener)

/** This tab has this version of a note or file, by reading it or by saving it. */
export function noteKnown(id: string, version: number) {
  if ((known.get(id) ?? 0) >= version) return
  known.delete(id)
  known.set(id, version)
  if (known.size > MOST_KNOWN) known.delete(known.keys().next().value!)
}

/** This tab changed notes by something other than their editor; what shows them looks again. */
export function notesTouched(changed: readonly { id: string; version: number }[] = []) {
  for (const { id, version } of changed) {
    if ((known.get(id) ?? 0) >= version) continue
    noteKnown(id, version)
    notes.forEach((listener) => listener(id, version, 'update'))
  }
  tellLists.ask()
  tellLabels.ask()
}

/** This tab changed files; what shows them looks again. */
export function filesTouched(changed: readonly { id: string; version: number }[] = []) {
  for (const { id, version } of changed) noteKnown(id, version)
  tellFiles.ask()
  tellLabels.ask()
}

/** What was touched by a batch of either kind. */
export const touched = (kind: BatchKind, changed: readonly { id: string; version: number }[] = []) =>
  kind === 'file' ? filesTouched(changed) : notesTouched(changed)

/** Notebooks or tags themselves were changed by this tab. */
export const labelsTouched = () => tellLabels.ask()

export function takeChange(change: Change) {
  if (change.kind === 'file') {
    if ((known.get(change.id) ?? 0) < change.version) filesTouched([change])
    return
  }
  if (change.kind !== 'note') {
    tellLabels.ask()
    // Names of notebooks and tags stand in the lists, too.
    if (change.kind === 'tag') [tellLists, tellFiles].forEach((list) => list.ask())
    return
  }
  if ((known.get(change.id) ?? 0) >= change.version) return
  noteKnown(change.id, change.version)
  notes.forEach((listener) => listener(change.id, change.version, change.op))
  tellLists.ask()
  tellLabels.ask()
}

export function takeReset() {
  known.clear()
  everything.forEach((listener) => listener())
  tellLists.ask()
  tellFiles.ask()
  tellLabels.ask()
}
