// Owns the saves that were still under way when their note was left: they go on until the server has
// the text, and the note finds its draft again when it is opened. Refuses to drop one silently.
import { watch } from 'vue'
import type { Note } from '@/api/types'
import { useSession } from '@/features/accounts/session'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import type { Autosave, SaveState } from './autosave'

const parked = new Map<string, Autosave>()
watchUnsavedWork(() => [...parked.values()].some((autosave) => autosave.unsaved))
window.addEventListener('online', resumeAll)
// In the same moment, not after the next redraw: nothing of one person may reach the next one's account.
watch(
  () => useSession().state.status,
  (status) => {
    if (status === 'signed-in') resumeAll()
    if (status === 'signed-out') discardAll()
  },
  { flush: 'sync' },
)

export function park(autosave: Autosave, onSaved: (note: Note) => void) {
  if (useSession().state.status === 'signed-out') return autosave.abandon()
  parked.set(autosave.id, autosave)
  const onState = ({ phase, reason }: SaveState) => {
    if (phase === 'saved' || phase === 'empty') finish(autosave)
    else if (phase === 'conflict') complain(autosave, 'it was changed in two places')
    else if (phase === 'rejected') complain(autosave, reason ?? 'the server refused it')
  }
  autosave.listen({ onSaved, onReplaced: () => {}, onState })
  onState(autosave.state)
}

/** Hands a left note's save back to its editor. */
export function takeParked(id: string): Autosave | undefined {
  const autosave = parked.get(id)
  parked.delete(id)
  return autosave
}

function finish(autosave: Autosave) {
  autosave.abandon()
  parked.delete(autosave.id)
}

function complain(autosave: Autosave, why: string) {
  showToast(`“${autosave.text.title || 'Untitled'}” is not saved: ${why}. Open it to decide.`, { tone: 'danger' })
}

function resumeAll() {
  for (const autosave of parked.values()) autosave.resume()
}

/** Signed out on purpose: the next person at this screen must not find the text. */
function discardAll() {
  for (const autosave of [...parked.values()]) finish(autosave)
}
