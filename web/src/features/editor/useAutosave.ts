// Mirrors an autosave in refs for the editor.
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { Autosave, type AutosaveListeners, type RemoteUpdate, type SaveState } from './autosave'
import type { TextResource } from './resource'
import type { Entity } from './schema'

/** After this time the save state says "Saved" again. */
const REMOTE_UPDATE_MS = 8000

export interface TextEvents<E> {
  saved: (entity: E) => void
}

export function useAutosave<E extends Entity & D, D extends object>(
  resource: TextResource<E, D>,
  isNew: boolean,
  events: TextEvents<E>,
) {
  const entity = shallowRef<E | null>(null)
  const draft = shallowRef<D>(resource.schema.empty())
  const save = shallowRef<SaveState<E>>({ phase: isNew ? 'empty' : 'saved' })
  /** Unsaved text survives closing the page. */
  const stored = ref(true)
  const autosave = shallowRef<Autosave<E, D> | null>(null)
  const { remoteUpdate, show } = useRemoteUpdate()

  const listeners: AutosaveListeners<E, D> = {
    onState(state) {
      stored.value = autosave.value?.canStore ?? true
      save.value = state
    },
    onEntity(newest) {
      resource.changes.markSeen(newest.id, newest.version)
      events.saved((entity.value = newest))
    },
    onDraft: (replaced) => (draft.value = replaced),
    onRemoteUpdate: show,
  }

  /** The autosave must have these `listeners`. */
  function attach(running: Autosave<E, D>) {
    autosave.value = running
    entity.value = running.entity ?? null
    draft.value = { ...running.text }
    save.value = running.state
    if (running.unsaved) void running.flush()
  }

  function edit(change: Partial<D>) {
    draft.value = { ...draft.value, ...change }
    autosave.value?.edit(change)
  }

  return {
    autosave,
    listeners,
    attach,
    state: { entity, draft, save, stored, remoteUpdate, edit, ...commands(autosave) },
  }
}

/** They do nothing until the text is loaded. */
const commands = <E extends Entity & D, D extends object>(autosave: Readonly<Ref<Autosave<E, D> | null>>) => ({
  flush: () => autosave.value?.flush() ?? Promise.resolve(),
  ensureCreated: () => autosave.value?.ensureCreated() ?? Promise.resolve(),
  keepMine: () => autosave.value?.keepMine(),
  keepTheirs: () => autosave.value?.keepTheirs(),
  keepBoth: () => autosave.value?.keepBoth(),
  accept: (changed: E) => autosave.value?.accept(changed),
  discard: () => autosave.value?.discard(),
})

function useRemoteUpdate() {
  const remoteUpdate = ref<RemoteUpdate | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))
  function show(latest: RemoteUpdate) {
    remoteUpdate.value = latest
    clearTimeout(timer)
    timer = setTimeout(() => (remoteUpdate.value = null), REMOTE_UPDATE_MS)
  }
  return { remoteUpdate, show }
}
