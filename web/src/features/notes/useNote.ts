// Owns one open note: reading it, the draft on screen or in this browser, and its autosave. Refuses the
// list around it.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'
import type { Note } from '@/api/types'
import { useSession } from '@/features/accounts/session'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import { uuidv7 } from '@/lib/uuid'
import { readNote, saveNote } from './api'
import { Autosave, type AutosaveListeners, type SaveNews, type SaveState } from './autosave'
import { createNote } from './beginnings'
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
  /** What is not saved yet outlives this page. */
  const kept = ref(true)
  const loading = ref(!isNew)
  const error = ref<{ missing: boolean; message: string } | null>(null)
  const autosave = shallowRef<Autosave | null>(null)
  const { news, tell: onNews } = useNews()
  const gone = new AbortController()
  const catchUp = useRemoteChanges(id, autosave, gone.signal)

  const listeners: AutosaveListeners = {
    onState(state) {
      kept.value = autosave.value?.kept ?? true
      save.value = state
      if (state.phase === 'saved') void catchUp()
    },
    onSaved(saved) {
      noteKnown(saved.id, saved.version)
      events.saved((note.value = saved))
    },
    onReplaced: (replaced) => (draft.value = replaced),
    onNews,
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
    try {
      const start = await readForEditing(id, gone.signal)
      if (start) attach(startAutosave(id, start, listeners))
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

  const parked = takeParked(id)
  if (parked) {
    parked.listen(listeners)
    attach(parked)
  } else if (isNew) attach(startAutosave(id, {}, listeners))
  else void load()

  keepSafe(autosave, events, () => {
    if (error.value && !error.value.missing) void load()
  })
  onScopeDispose(() => gone.abort())

  return { note, draft, save, kept, news, loading, error, load, edit, ...handles(autosave) }
}

/** What the editor may ask of the autosave, also while there is none yet. */
const handles = (autosave: Readonly<Ref<Autosave | null>>) => ({
  flush: () => autosave.value?.flush() ?? Promise.resolve(),
  begin: () => autosave.value?.begin() ?? Promise.resolve(),
  keepMine: () => autosave.value?.keepMine(),
  keepTheirs: () => autosave.value?.keepTheirs(),
  keepBoth: () => autosave.value?.keepBoth(),
  copy: () => (autosave.value ? copy(autosave.value) : Promise.resolve(undefined)),
  accept: (changed: Note) => autosave.value?.accept(changed),
  abandon: () => autosave.value?.abandon(),
})

interface Start {
  note?: Note
  found?: Found | undefined
}

function startAutosave(id: string, { note, found }: Start, listeners: AutosaveListeners): Autosave {
  const owner = useSession().state.user?.id ?? ''
  const keeper = found?.keeper ?? new DraftKeeper(owner, id)
  return new Autosave({ id, note, kept: found?.draft, keeper, create: createNote, save: saveNote, read: readNote, ...listeners })
}

/** What an earlier page left in this browser goes before what the server has: the save of it merges. */
async function readForEditing(id: string, signal: AbortSignal): Promise<Start | undefined> {
  const [found, ...older] = await recoverDrafts(useSession().state.user?.id ?? '', id)
  saveBehindTheScenes(older)
  if (found && signal.aborted) return void saveBehindTheScenes([found])
  if (found) return { found }
  const note = await readNote(id, signal)
  noteKnown(id, note.version)
  return { note }
}

/** A newer version from elsewhere is shown at once; with text under way, the save of that merges. */
function useRemoteChanges(id: string, autosave: Readonly<Ref<Autosave | null>>, signal: AbortSignal) {
  /** The newest version that was heard of. */
  let newest = 0

  async function catchUp() {
    const running = autosave.value
    if (!running?.note || running.unsaved || running.note.version >= newest) return
    try {
      const read = await readNote(id, signal)
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

  onRemoteChange((changed, version) => changed === id && hear(version))
  onReset(() => hear(Infinity))
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
async function copy(autosave: Autosave): Promise<Note | undefined> {
  const id = uuidv7()
  try {
    const created = await createNote({ id, ...autosave.text }, id)
    autosave.abandon()
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
