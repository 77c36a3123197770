// One open text of any resource: loads it or its orphan draft, saves it automatically, and follows changes from other
// devices. `autosave.ts` explains the saving.
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'
import { useSession } from '@/features/accounts/session'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import { uuidv7 } from '@/lib/uuid'
import { Autosave, type AutosaveListeners } from './autosave'
import { reclaimAutosave, registerResource, saveInBackground, saveOrphans } from './backgroundSaves'
import { IndexedDbDraft, takeOrphans, type OrphanDraft } from './drafts'
import type { DraftState, DraftStore } from './draftState'
import type { TextResource } from './resource'
import type { Entity } from './schema'
import { useAutosave, type TextEvents } from './useAutosave'

export type { TextEvents } from './useAutosave'

type MaybeAutosave<E extends Entity & D, D extends object> = Readonly<Ref<Autosave<E, D> | null>>

export function useText<E extends Entity & D, D extends object>(
  resource: TextResource<E, D>,
  id: string,
  isNew: boolean,
  events: TextEvents<E>,
) {
  const loading = ref(!isNew)
  const error = ref<{ missing: boolean; message: string } | null>(null)
  const aborted = new AbortController()
  const { autosave, listeners, attach, state } = useAutosave(resource, isNew, events)
  const catchUp = followRemoteChanges(resource, id, autosave, aborted.signal)
  // Synchronous: at this moment nothing is unsaved. After the next edit it would be too late.
  watch(state.save, ({ phase }) => phase === 'saved' && void catchUp(), { flush: 'sync' })

  async function load() {
    loading.value = true
    error.value = null
    try {
      const source = await readForEditing(resource, id, aborted.signal)
      if (source) attach(startAutosave(resource, id, source, listeners))
    } catch (failure) {
      if (aborted.signal.aborted) return
      error.value = { missing: failure instanceof ApiError && failure.status === 404, message: describeError(failure) }
    }
    loading.value = false
  }

  registerResource(resource)
  const reclaimed = reclaimAutosave(id) as Autosave<E, D> | undefined
  if (reclaimed) {
    reclaimed.listen(listeners)
    attach(reclaimed)
    loading.value = false
  } else if (isNew) attach(startAutosave(resource, id, {}, listeners))
  else void load()

  handlePageEvents(autosave, events, () => {
    if (error.value && !error.value.missing) void load()
  })
  onScopeDispose(() => aborted.abort())
  const saveCopy = () => (autosave.value ? createCopy(resource, autosave.value) : Promise.resolve(undefined))
  return { ...state, loading, error, load, saveCopy }
}

interface TextSource<E> {
  entity?: E
  orphan?: OrphanDraft | undefined
}

/** An orphan draft takes precedence over the server's version, because saving it merges both. If there are several, the
 *  first is opened and the others are saved in the background. */
async function readForEditing<E extends Entity & D, D extends object>(
  resource: TextResource<E, D>,
  id: string,
  signal: AbortSignal,
): Promise<TextSource<E> | undefined> {
  const [orphan, ...others] = await takeOrphans(useSession().state.user?.id ?? '', id)
  saveOrphans(others)
  if (orphan && signal.aborted) return void saveOrphans([orphan])
  if (orphan) return { orphan }
  const entity = await resource.read(id, signal)
  resource.changes.markSeen(id, entity.version)
  return { entity }
}

function startAutosave<E extends Entity & D, D extends object>(
  { name, schema, create, save, read }: TextResource<E, D>,
  id: string,
  { entity, orphan }: TextSource<E>,
  listeners: AutosaveListeners<E, D>,
): Autosave<E, D> {
  const ownerId = useSession().state.user?.id ?? ''
  return new Autosave<E, D>({
    id,
    schema,
    entity,
    recovered: orphan?.draft as DraftState<D> | undefined,
    store:
      (orphan?.store as DraftStore<D> | undefined) ?? new IndexedDbDraft<D>({ ownerId, entityId: id, resource: name }),
    create,
    save,
    read,
    ...listeners,
  })
}

/** Shows a newer version from elsewhere when nothing is unsaved; otherwise the server merges the next save, and what
 *  arrived in the meantime is read after it. */
function followRemoteChanges<E extends Entity & D, D extends object>(
  resource: TextResource<E, D>,
  id: string,
  autosave: MaybeAutosave<E, D>,
  signal: AbortSignal,
) {
  let newestVersion = 0

  async function catchUp() {
    const running = autosave.value
    if (!running?.entity || running.unsaved || running.entity.version >= newestVersion) return
    try {
      const read = await resource.read(id, signal)
      newestVersion = read.version
      running.accept(read, 'updated')
    } catch {
      // The text on screen stays valid, only older; the next save or change reads it again.
    }
  }

  function onVersion(version: number) {
    newestVersion = Math.max(newestVersion, version)
    void catchUp()
  }

  resource.changes.onChange((changed, version) => changed === id && onVersion(version))
  resource.changes.onReset(() => onVersion(Infinity))
  return catchUp
}

/** The page was hidden, is online again, the user signed in again, or the editor was closed. */
function handlePageEvents<E extends Entity & D, D extends object>(
  autosave: MaybeAutosave<E, D>,
  events: TextEvents<E>,
  onSignedIn: () => void,
) {
  const { state: session } = useSession()
  const resume = () => autosave.value?.resume()
  const flushIfHidden = () => {
    if (document.visibilityState === 'hidden') void autosave.value?.flush()
  }
  const unwatch = watchUnsavedWork(() => autosave.value ?? undefined)
  window.addEventListener('online', resume)
  document.addEventListener('visibilitychange', flushIfHidden)
  watch(
    () => session.status,
    (status) => {
      if (status !== 'signed-in') return
      onSignedIn()
      resume()
    },
  )
  onScopeDispose(() => {
    unwatch()
    window.removeEventListener('online', resume)
    document.removeEventListener('visibilitychange', flushIfHidden)
    if (autosave.value) detach(autosave.value, events)
  })
}

/** Leaving the editor does not wait for the save: it is finished in the background. */
function detach<E extends Entity & D, D extends object>(autosave: Autosave<E, D>, events: TextEvents<E>) {
  if (!autosave.unsaved) return autosave.close()
  saveInBackground(autosave, { saved: events.saved })
  if (autosave.unsaved) void autosave.flush()
}

/** Saves the draft under a new id, because the text itself was deleted permanently. */
async function createCopy<E extends Entity & D, D extends object>(
  resource: TextResource<E, D>,
  autosave: Autosave<E, D>,
): Promise<E | undefined> {
  const id = uuidv7()
  try {
    const created = await resource.create({ ...autosave.text, id }, id)
    autosave.discard()
    return created
  } catch (failure) {
    showToast(describeError(failure), { tone: 'danger' })
    return undefined
  }
}
