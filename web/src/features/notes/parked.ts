// Owns the saves that go on without an editor: of notes that were left while they were under way, and of
// drafts that an earlier page left in this browser. A note finds its own again when it is opened.
// Refuses to drop one silently.
import { watch } from 'vue'
import { useSession } from '@/features/accounts/session'
import type { Note } from '@/api/types'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import { readNote, saveNote } from './api'
import { Autosave, type SaveState } from './autosave'
import { createNote } from './beginnings'
import { dropDrafts, recoverRest, type Found } from './drafts'

/** How often drafts are looked for that nobody came back for: also tabs that are closed later have heirs. */
const LOOK_AROUND_MS = 10_000
const parked = new Set<Autosave>()
const { state: session } = useSession()
let owner = session.user?.id

watchUnsavedWork(() => {
  const all = [...parked]
  return { unsaved: all.some((autosave) => autosave.unsaved), atRisk: all.some((autosave) => autosave.atRisk) }
})
window.addEventListener('online', resumeAll)
// In the same moment, not after the next redraw: nothing of one person may reach the next one's account.
watch(
  () => session.status,
  (status) => {
    if (status === 'signed-in') welcome()
    if (status === 'signed-out') discardAll()
  },
  { flush: 'sync', immediate: true },
)

export function park(autosave: Autosave, onSaved: (note: Note) => void, onDone: () => void = () => {}) {
  if (session.status === 'signed-out') return autosave.abandon()
  parked.add(autosave)
  const onState = ({ phase, reason }: SaveState) => {
    if (phase === 'saved' || phase === 'empty') {
      finish(autosave)
      onDone()
    } else if (phase === 'conflict') complain(autosave, 'it was changed in two places')
    else if (phase === 'rejected') complain(autosave, reason ?? 'the server refused it')
  }
  autosave.listen({ onSaved, onReplaced: () => {}, onNews: () => {}, onState })
  onState(autosave.state)
}

/** Hands a left note's save back to its editor. */
export function takeParked(id: string): Autosave | undefined {
  const autosave = [...parked].findLast((candidate) => candidate.id === id)
  if (autosave) parked.delete(autosave)
  return autosave
}

/** Saves what an earlier page left behind, for this note or for all of them, without opening anything. */
export function saveBehindTheScenes(found: Found[]) {
  for (const { draft, keeper } of found) {
    const autosave = new Autosave({
      id: draft.note,
      kept: draft,
      keeper,
      create: createNote,
      save: saveNote,
      read: readNote,
      onState() {},
      onSaved() {},
      onReplaced() {},
      onNews() {},
    })
    const name = draft.draft.title.trim() || 'Untitled'
    park(autosave, () => {}, () => showToast(`Saved what you wrote earlier in “${name}”`))
    void autosave.flush()
  }
}

function welcome() {
  owner = session.user?.id
  resumeAll()
}

async function lookAround() {
  if (owner && session.status === 'signed-in') saveBehindTheScenes(await recoverRest(owner))
}
setTimeout(lookAround, 1000)
setInterval(lookAround, LOOK_AROUND_MS)

function finish(autosave: Autosave) {
  autosave.abandon()
  parked.delete(autosave)
}

function complain(autosave: Autosave, why: string) {
  showToast(`“${autosave.text.title || 'Untitled'}” is not saved: ${why}. Open it to decide.`, { tone: 'danger' })
}

function resumeAll() {
  for (const autosave of parked) autosave.resume()
}

/** Signed out on purpose: the next person at this screen must not find the text. */
function discardAll() {
  for (const autosave of [...parked]) finish(autosave)
  if (owner) void dropDrafts(owner)
  owner = undefined
}
