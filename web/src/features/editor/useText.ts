// Owns one open text, whatever noun it belongs to: reading it, the draft on screen or in this browser, and its autosave. Refuses the
// list around it.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'
import { useSession } from '@/features/accounts/session'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import { uuidv7 } from '@/lib/uuid'
import { Autosave, type AutosaveListeners, type Kept, type SaveNews, type SaveState } from './autosave'
import { DraftKeeper, recoverDrafts, type Found } from './drafts'
import type { TextResource } from './resource'
import { reclaimAutosave, registerResource, saveInBackground, saveOrphanDrafts } from './backgroundSaves'
import type { Entity } from './schema'

export interface TextEvents<E> {
  saved: (entity: E) => void
}

const NEWS_MS = 8000

export function useText<E extends Entity & D, D extends object>(
  kind: TextResource<E, D>,
  id: string,
  isNew: boolean,
  events: TextEvents<E>,
) {
  const entity = shallowRef<E | null>(null)
  const draft = shallowRef<D>(kind.schema.empty())
  const save = shallowRef<SaveState<E>>({ phase: isNew ? 'empty' : 'saved' })
  /** What is not saved yet outlives this page. */
  const kept = ref(true)
  const loading = ref(!isNew)
  const error = ref<{ missing: boolean; message: string } | null>(null)
  const autosave = shallowRef<Autosave<E, D> | null>(null)
  const { news, tell: onNews } = useNews()
  const gone = new AbortController()
  const catchUp = useRemoteChanges(kind, id, autosave, gone.signal)

  const listeners: AutosaveListeners<E, D> = {
    onState(state) {
      kept.value = autosave.value?.kept ?? true
      save.value = state
      if (state.phase === 'saved') void catchUp()
    },
    onSaved(saved) {
      kind.changes.markSeen(saved.id, saved.version)
      events.saved((entity.value = saved))
    },
    onReplaced: (replaced) => (draft.value = replaced),
    onNews,
  }

  function attach(running: Autosave<E, D>) {
    autosave.value = running
    entity.value = running.entity ?? null
    draft.value = { ...running.text }
    save.value = running.state
    loading.value = false
    if (running.unsaved) void running.flush()
  }

  async function load() {
    loading.value = true
    error.value = null
    try {
      const start = await readForEditing(kind, id, gone.signal)
      if (start) attach(startAutosave(kind, id, start, listeners))
    } catch (failure) {
      if (gone.signal.aborted) return
      error.value = explain(failure)
    }
    loading.value = false
  }

  function edit(change: Partial<D>) {
    draft.value = { ...draft.value, ...change }
    autosave.value?.edit(change)
  }

  registerResource(kind)
  const parked = reclaimAutosave(id) as Autosave<E, D> | undefined
  if (parked) {
    parked.listen(listeners)
    attach(parked)
  } else if (isNew) attach(startAutosave(kind, id, {}, listeners))
  else void load()

  keepSafe(autosave, events, () => {
    if (error.value && !error.value.missing) void load()
  })
  onScopeDispose(() => gone.abort())

  return { entity, draft, save, kept, news, loading, error, load, edit, ...handles(kind, autosave) }
}

/** What the editor may ask of the autosave, also while there is none yet. */
const handles = <E extends Entity & D, D extends object>(
  kind: TextResource<E, D>,
  autosave: Readonly<Ref<Autosave<E, D> | null>>,
) => ({
  flush: () => autosave.value?.flush() ?? Promise.resolve(),
  begin: () => autosave.value?.begin() ?? Promise.resolve(),
  keepMine: () => autosave.value?.keepMine(),
  keepTheirs: () => autosave.value?.keepTheirs(),
  keepBoth: () => autosave.value?.keepBoth(),
  copy: () => (autosave.value ? copy(kind, autosave.value) : Promise.resolve(undefined)),
  accept: (changed: E) => autosave.value?.accept(changed),
  abandon: () => autosave.value?.abandon(),
})

interface Start<E> {
  entity?: E
  found?: Found | undefined
}

function startAutosave<E extends Entity & D, D extends object>(
  kind: TextResource<E, D>,
  id: string,
  { entity, found }: Start<E>,
  listeners: AutosaveListeners<E, D>,
): Autosave<E, D> {
  const owner = useSession().state.user?.id ?? ''
  const keeper = (found?.keeper as DraftKeeper<D> | undefined) ?? new DraftKeeper<D>(owner, id, kind.name)
  const { schema, create, save, read } = kind
  return new Autosave<E, D>({
    id,
    schema,
    entity,
    kept: found?.draft as Kept<D> | undefined,
    keeper,
    create,
    save,
    read,
    ...listeners,
  })
}

/** What an earlier page left in this browser goes before what the server has: the save of it merges. */
async function readForEditing<E extends Entity & D, D extends object>(
  kind: TextResource<E, D>,
  id: string,
  signal: AbortSignal,
): Promise<Start<E> | undefined> {
  const [found, ...older] = await recoverDrafts(useSession().state.user?.id ?? '', id)
  saveOrphanDrafts(older)
  if (found && signal.aborted) return void saveOrphanDrafts([found])
  if (found) return { found }
  const entity = await kind.read(id, signal)
  kind.changes.markSeen(id, entity.version)
  return { entity }
}

/** A newer version from elsewhere is shown at once; with text under way, the save of that merges. */
function useRemoteChanges<E extends Entity & D, D extends object>(
  kind: TextResource<E, D>,
  id: string,
  autosave: Readonly<Ref<Autosave<E, D> | null>>,
  signal: AbortSignal,
) {
  /** The newest version that was heard of. */
  let newest = 0

  async function catchUp() {
    const running = autosave.value
    if (!running?.entity || running.unsaved || running.entity.version >= newest) return
    try {
      const read = await kind.read(id, signal)
      newest = read.version
      running.accept(read, 'updated')
    } catch {
      // What is on screen is only older, not wrong; the next save or the next word from elsewhere tells.
    }
  }

  function hear(version: number) {
    newest = Math.max(newest, version)
    void catchUp()
  }

  kind.changes.onChange((changed, version) => changed === id && hear(version))
  kind.changes.onReset(() => hear(Infinity))
  return catchUp
}

const explain = (failure: unknown) => ({
  missing: failure instanceof ApiError && failure.status === 404,
  message: describeError(failure),
})

/** News are worth a few seconds; then the plain word is true again. */
function useNews() {
  const news = ref<SaveNews | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))
  function tell(latest: SaveNews) {
    news.value = latest
    clearTimeout(timer)
    timer = setTimeout(() => (news.value = null), NEWS_MS)
  }
  return { news, tell }
}

/** Everything that may happen to the page while text is under way: hidden, offline, signed out, left. */
function keepSafe<E extends Entity & D, D extends object>(
  autosave: Readonly<Ref<Autosave<E, D> | null>>,
  events: TextEvents<E>,
  onSignedIn: () => void,
) {
  const { state: session } = useSession()
  const resume = () => autosave.value?.resume()
  const flushWhenHidden = () => {
    if (document.visibilityState === 'hidden') void autosave.value?.flush()
  }
  const unwatch = watchUnsavedWork(() => autosave.value ?? undefined)
  window.addEventListener('online', resume)
  document.addEventListener('visibilitychange', flushWhenHidden)
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
    document.removeEventListener('visibilitychange', flushWhenHidden)
    if (autosave.value) leave(autosave.value, events)
  })
}

/** Saves the draft under a new id: the way out when the text itself is gone for good. */
async function copy<E extends Entity & D, D extends object>(
  kind: TextResource<E, D>,
  autosave: Autosave<E, D>,
): Promise<E | undefined> {
  const id = uuidv7()
  try {
    const created = await kind.create({ ...autosave.text, id }, id)
    autosave.abandon()
    return created
  } catch (failure) {
    showToast(describeError(failure), { tone: 'danger' })
    return undefined
  }
}

/** Whoever goes to another text need not wait for this one's save: it finishes behind the scenes. */
function leave<E extends Entity & D, D extends object>(autosave: Autosave<E, D>, events: TextEvents<E>) {
  if (!autosave.unsaved) return autosave.close()
  saveInBackground(autosave, events.saved)
  if (autosave.unsaved) void autosave.flush()
}
