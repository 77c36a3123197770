// Owns what can be taken back from this page: a toast that offers it, and the same for a key after
// the toast has gone. Refuses to know how something is taken back.
import { announce } from './announce'
import { closeToast, showToast } from './toasts'

interface Undoable {
  toast: number
  run: () => Promise<unknown>
}

const MOST = 20
let offers: Undoable[] = []

/** Tells what was done and offers to take it back. */
export function offerUndo(message: string, run: () => Promise<unknown>) {
  const offer: Undoable = { run, toast: 0 }
  offer.toast = showToast(message, { action: { label: 'Undo', run: () => take(offer) } })
  offers = [...offers, offer].slice(-MOST)
}

/** What the `z` key does. */
export function undoLatest() {
  const latest = offers.at(-1)
  if (latest) void take(latest)
  else announce('There is nothing to undo')
}

/** The next person at this screen has nothing to undo. */
export function forgetUndo() {
  for (const offer of offers) closeToast(offer.toast)
  offers = []
}

async function take(offer: Undoable) {
  if (!offers.includes(offer)) return
  offers = offers.filter((other) => other !== offer)
  closeToast(offer.toast)
  await offer.run()
}
