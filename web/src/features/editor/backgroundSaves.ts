// Saves without an editor: texts that were closed while a save was pending, and orphan drafts of earlier pages. An editor
// that opens such a text again takes its autosave back.
import { watch } from 'vue'
import { useSession } from '@/features/accounts/session'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import { Autosave, type SaveState } from './autosave'
import { deleteDrafts, takeAllOrphans, type OrphanDraft } from './drafts'
import type { DraftState, DraftStore } from './draftState'
import type { ResourceName, TextResource } from './resource'
import type { Entity } from './schema'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the set contains autosaves of all resources
type AnyAutosave = Autosave<any, any>
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
type AnyResource = TextResource<any, any>

/** The fields that the drafts of all resources have. */
interface TitledDraft {
  title: string
}

// Repeated, because a tab that is closed later leaves orphans too.
const ORPHAN_CHECK_MS = 10_000
const FIRST_ORPHAN_CHECK_MS = 1000
const autosaves = new Set<AnyAutosave>()
const resources = new Map<ResourceName, AnyResource>()
const { state: session } = useSession()
let ownerId = session.user?.id

watchUnsavedWork(() => {
  const all = [...autosaves]
  return { unsaved: all.some((autosave) => autosave.unsaved), atRisk: all.some((autosave) => autosave.atRisk) }
})
window.addEventListener('online', resumeAll)
// Synchronous: no text of one user may be saved to the next user's account, not even in the same frame.
watch(
  () => session.status,
  (status) => {
    if (status === 'signed-in') {
      ownerId = session.user?.id
      resumeAll()
    }
    if (status === 'signed-out') discardAll()
  },
  { flush: 'sync', immediate: true },
)

/** Orphan drafts of this resource are saved from now on. */
export function registerResource(resource: AnyResource) {
  resources.set(resource.name, resource)
}

interface BackgroundEvents<E> {
  saved?: (entity: E) => void
  done?: () => void
}

export function saveInBackground<E extends Entity & D, D extends object>(
  autosave: Autosave<E, D>,
  events: BackgroundEvents<E> = {},
) {
  if (session.status === 'signed-out') return autosave.discard()
  autosaves.add(autosave)
  const onState = ({ phase, reason }: SaveState<E>) => {
    if (phase === 'saved' || phase === 'empty') {
      remove(autosave)
      events.done?.()
    } else if (phase === 'conflict') showFailure(autosave, 'it has a conflict')
    else if (phase === 'rejected') showFailure(autosave, reason ?? 'the server rejected it')
  }
  autosave.listen({
    onState,
    onEntity: (entity) => events.saved?.(entity),
    onDraft() {},
    onRemoteUpdate() {},
  })
  onState(autosave.state)
}

/** Returns the autosave of a text that is opened again. */
export function reclaimAutosave(id: string): AnyAutosave | undefined {
  const autosave = [...autosaves].findLast((candidate) => candidate.id === id)
  if (autosave) autosaves.delete(autosave)
  return autosave
}

export function saveOrphans(orphans: OrphanDraft[]) {
  for (const { draft, store } of orphans) {
    const resource = resources.get(draft.resource)
    if (!resource) {
      store.release()
      continue
    }
    const autosave: AnyAutosave = new Autosave<Entity & TitledDraft, TitledDraft>({
      id: draft.entityId,
      schema: resource.schema,
      recovered: draft as DraftState<TitledDraft>,
      store: store as unknown as DraftStore<TitledDraft>,
      create: resource.create,
      save: resource.save,
      read: resource.read,
      onState() {},
      onEntity() {},
      onDraft() {},
      onRemoteUpdate() {},
    })
    const name = nameOf(autosave)
    saveInBackground(autosave, { done: () => showToast(`Saved earlier changes to “${name}”`) })
    void autosave.flush()
  }
}

async function checkOrphans() {
  if (ownerId && session.status === 'signed-in') saveOrphans(await takeAllOrphans(ownerId))
}
setTimeout(checkOrphans, FIRST_ORPHAN_CHECK_MS)
setInterval(checkOrphans, ORPHAN_CHECK_MS)

const nameOf = (autosave: AnyAutosave): string => autosave.text.title.trim() || 'Untitled'

function remove(autosave: AnyAutosave) {
  autosave.discard()
  autosaves.delete(autosave)
}

function showFailure(autosave: AnyAutosave, why: string) {
  showToast(`“${nameOf(autosave)}” is not saved: ${why}. Open it to decide.`, { tone: 'danger' })
}

function resumeAll() {
  for (const autosave of autosaves) autosave.resume()
}

function discardAll() {
  for (const autosave of [...autosaves]) remove(autosave)
  if (ownerId) void deleteDrafts(ownerId)
  ownerId = undefined
}
