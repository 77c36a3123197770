// Owns one open note: reading it, the draft on screen or in this browser, and its autosave. Refuses the
// list around it.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'
import type { Note } from '@/api/types'
import { useSession } from '@/features/accounts/session'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import { uuidv7 } from '@/lib/uuid'
import { createNote, readNote, saveNote } from './api'
import { Autosave, type AutosaveListeners, type SaveNews, type SaveState } from './autosave'
import { EMPTY } from './draft'
import { DraftKeeper, recoverDrafts, type Found } from './drafts'
import { noteKnown, onRemoteChange, onReset } from './live'
import { park, saveBehindTheScenes, takeParked } from './parked'
import type { Draft } from './types'

export interface NoteEvents {
  saved: (note: Note) => void
}

const NEWS_MS = 8000

export function useNote(id: string, isNew: boolean, events: NoteEvents) {
  const note = shallowRef<Note | null>(null)
  const draft = ref<Draft>({ ...EMPTY })
  const save = shallowRef<SaveState>({ phase: isNew ? 'empty' : 'saved' })
  const kept = ref(true)
  const loading = ref(!isNew)
  const error = ref<{ missing: boolean; message: string } | null>(null)
  const autosave = shallowRef<Autosave | null>(null)
  const { news, tell: onNews } = useNews()
  const gone = new AbortController()
  const owner = useSession().state.user?.id ?? ''
  let keeper: DraftKeeper | undefined
  /** The newest version that was heard of. */
  let newest = 0

  const listeners: AutosaveListeners = {
    onState(state) {
      kept.value = keeper?.works ?? false
      save.value = state
      if (state.phase === 'saved') void refresh()
    },
    onSaved(saved) {
      noteKnown(saved.id, saved.version)
      events.saved((note.value = saved))
    },
    onReplaced: (replaced) => (draft.value = replaced),
    onNews,
  }

  function begin(start: { note?: Note; found?: Found | undefined }) {
    keeper = start.found?.keeper ?? new DraftKeeper(owner, id)
    attach(
      new Autosave({
        id,
        note: start.note,
        kept: start.found?.draft,
        keeper,
        create: createNote,
        save: saveNote,
        read: readNote,
        ...listeners,
      }),
    )
  }

  function attach(running: Autosave) {
    autosave.value = running
    note.value = running.note ?? null
    draft.value = { ...running.text }
    save.value = running.state
    loading.value = false
    if (running.unsaved) void running.flush()
  }

  async function load() {
    loading.value = true
    error.value = null
    const [found, ...older] = await recoverDrafts(owner, id)
    if (gone.signal.aborted) return saveBehindTheScenes(found ? [found, ...older] : [])
    saveBehindTheScenes(older)
    if (found) return begin({ found })
    try {
      begin({ note: await readNote(id, gone.signal) })
    } catch (failure) {
      if (gone.signal.aborted) return
      error.value = explain(failure)
    }
    loading.value = false
  }

  function edit(change: Partial<Draft>) {
    draft.value = { ...draft.value, ...change }
    autosave.value?.edit(change)
  }

  /** A newer version from elsewhere is shown at once; with text under way, the save of that merges. */
  async function refresh() {
    const running = autosave.value
    if (!running?.note || running.unsaved || running.note.version >= newest) return
    try {
      running.accept(await readNote(id, gone.signal), 'updated')
    } catch {
      // What is on screen is only older, not wrong; the next save or the next word from elsewhere tells.
    }
  }

  const parked = takeParked(id)
  if (parked) {
    parked.listen(listeners)
    attach(parked)
  } else if (isNew) begin({})
  else void load()

  keepSafe(autosave, events, () => {
    if (error.value && !error.value.missing) void load()
  })
  onRemoteChange((changed, version) => {
    if (changed !== id) return
    newest = Math.max(newest, version)
    void refresh()
  })
  onReset(() => {
    newest = Infinity
    void refresh()
  })
  onScopeDispose(() => gone.abort())

  return {
    note,
    draft,
    save,
    kept,
    news,
    loading,
    error,
    load,
    edit,
    flush: () => autosave.value?.flush() ?? Promise.resolve(),
    keepMine: () => autosave.value?.keepMine(),
    keepTheirs: () => autosave.value?.keepTheirs(),
    keepBoth: () => autosave.value?.keepBoth(),
    copy: () => copy(draft.value, autosave.value),
    accept: (changed: Note) => autosave.value?.accept(changed),
    abandon: () => autosave.value?.abandon(),
  }
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
function keepSafe(autosave: Readonly<Ref<Autosave | null>>, events: NoteEvents, onSignedIn: () => void) {
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

/** Saves the draft under a new id: the way out when the note itself is gone for good. */
async function copy(draft: Draft, autosave: Autosave | null): Promise<Note | undefined> {
  const id = uuidv7()
  try {
    const created = await createNote({ id, ...draft }, id)
    autosave?.abandon()
    return created
  } catch (failure) {
    showToast(describeError(failure), { tone: 'danger' })
    return undefined
  }
}

/** Whoever goes to another note need not wait for this one's save: it finishes behind the scenes. */
function leave(autosave: Autosave, events: NoteEvents) {
  if (!autosave.unsaved) return autosave.close()
  park(autosave, events.saved)
  if (autosave.unsaved) void autosave.flush()
}
