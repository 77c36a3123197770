// The actions of this page that can be undone: each is offered in a toast, and the latest one by a keyboard shortcut
// after the toast has disappeared.
import { announce } from './announce'
import { closeToast, showToast } from './toasts'

interface Undoable {
  toast: number
  undo: () => Promise<unknown>
}

const MAX_UNDOABLE = 20
let undoables: Undoable[] = []

export function offerUndo(message: string, undo: () => Promise<unknown>) {
  const undoable: Undoable = { undo, toast: 0 }
  undoable.toast = showToast(message, { action: { label: 'Undo', run: () => runUndo(undoable) } })
  undoables = [...undoables, undoable].slice(-MAX_UNDOABLE)
}

export function undoLatest() {
  const latest = undoables.at(-1)
  if (latest) void runUndo(latest)
  else announce('Nothing to undo')
}

/** For the end of a session. */
export function clearUndo() {
  for (const undoable of undoables) closeToast(undoable.toast)
  undoables = []
}

async function runUndo(undoable: Undoable) {
  if (!undoables.includes(undoable)) return
  undoables = undoables.filter((other) => other !== undoable)
  closeToast(undoable.toast)
  await undoable.undo()
}
