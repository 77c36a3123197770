// Owns the saves that go on without an editor: of texts that were left while they were under way, and of
// drafts that an earlier page left in this browser. A text finds its own again when it is opened.
// Refuses to drop one silently.
import { watch } from 'vue'
import { useSession } from '@/features/accounts/session'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import { Autosave, type Keeper, type Kept, type SaveState } from './autosave'
import { dropDrafts, recoverRest, type Found } from './drafts'
import type { TextResource } from './resource'
import type { Entity } from './schema'

/** Any noun's: what they have in common is all that is asked of one here. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each kind has its own shape, and none matters here
type AnyAutosave = Autosave<any, any>
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
type AnyKind = TextResource<any, any>

/** How often drafts are looked for that nobody came back for: also tabs that are closed later have heirs. */
const LOOK_AROUND_MS = 10_000
const parked = new Set<AnyAutosave>()
const kinds = new Map<string, AnyKind>()
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

/** As much of a draft as every kind has. */
interface KeptText {
  title: string
}

/** Drafts of this kind find their way to the server from now on; those of others wait for theirs. */
export function registerResource(kind: AnyKind) {
  kinds.set(kind.name, kind)
}

export function saveInBackground<E extends Entity & D, D extends object>(
  autosave: Autosave<E, D>,
  onSaved: (entity: E) => void,
  onDone: () => void = () => {},
) {
  if (session.status === 'signed-out') return autosave.abandon()
  parked.add(autosave)
  const onState = ({ phase, reason }: SaveState<E>) => {
    if (phase === 'saved' || phase === 'empty') {
      finish(autosave)
      onDone()
    } else if (phase === 'conflict') complain(autosave, 'it was changed in two places')
    else if (phase === 'rejected') complain(autosave, reason ?? 'the server refused it')
  }
  autosave.listen({ onSaved, onReplaced: () => {}, onNews: () => {}, onState })
  onState(autosave.state)
}

/** Hands a left text's save back to its editor. */
export function reclaimAutosave(id: string): AnyAutosave | undefined {
  const autosave = [...parked].findLast((candidate) => candidate.id === id)
  if (autosave) parked.delete(autosave)
  return autosave
}

/** Saves what an earlier page left behind, for one text or for all of them, without opening anything. */
export function saveOrphanDrafts(found: Found[]) {
  for (const { draft, keeper } of found) {
    const kind = kinds.get(draft.kind ?? 'note')
    if (!kind) {
      keeper.release()
      continue
    }
    const autosave: AnyAutosave = new Autosave<Entity & KeptText, KeptText>({
      id: draft.note,
      schema: kind.schema,
      kept: draft as Kept<KeptText>,
      keeper: keeper as unknown as Keeper<KeptText>,
      create: kind.create,
      save: kind.save,
      read: kind.read,
      onState() {},
      onSaved() {},
      onReplaced() {},
      onNews() {},
    })
    const name = autosave.text.title.trim() || 'Untitled'
    saveInBackground(
      autosave,
      () => {},
      () => showToast(`Saved what you wrote earlier in “${name}”`),
    )
    void autosave.flush()
  }
}

function welcome() {
  owner = session.user?.id
  resumeAll()
}

async function lookAround() {
  if (owner && session.status === 'signed-in') saveOrphanDrafts(await recoverRest(owner))
}
setTimeout(lookAround, 1000)
setInterval(lookAround, LOOK_AROUND_MS)

function finish(autosave: AnyAutosave) {
  autosave.abandon()
  parked.delete(autosave)
}

function complain(autosave: AnyAutosave, why: string) {
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
