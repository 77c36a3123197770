// Owns one open note: reading it, the draft on screen, and its autosave. Refuses the list around it.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { ApiError, describeError } from '@/api/errors'
import type { Note } from '@/api/types'
import { useSession } from '@/features/accounts/session'
import { showToast } from '@/lib/toasts'
import { watchUnsavedWork } from '@/lib/unsaved'
import { uuidv7 } from '@/lib/uuid'
import { createNote, readNote, updateNote } from './api'
import { Autosave, type AutosaveListeners, type Draft, type SaveState } from './autosave'
import { park, takeParked } from './parked'

export interface NoteEvents {
  saved: (note: Note) => void
}

export function useNote(id: string, isNew: boolean, events: NoteEvents) {
  const note = shallowRef<Note | null>(null)
  const draft = ref<Draft>({ title: '', body: '', pinned: false, archived: false })
  const save = shallowRef<SaveState>({ phase: isNew ? 'empty' : 'saved' })
  const loading = ref(!isNew)
  const error = ref<{ missing: boolean; message: string } | null>(null)
  const autosave = shallowRef<Autosave | null>(null)
  const gone = new AbortController()

  const listeners: AutosaveListeners = {
    onState: (state) => (save.value = state),
    onSaved: (saved) => events.saved((note.value = saved)),
    onReplaced: (replaced) => (draft.value = replaced),
  }

  const begin = (read?: Note) => attach(new Autosave({ id, note: read, create: createNote, update: updateNote, ...listeners }))

  function attach(running: Autosave) {
    autosave.value = running
    note.value = running.note ?? null
    draft.value = { ...running.text }
    save.value = running.state
    loading.value = false
  }

  async function load() {
    loading.value = true
    error.value = null
    try {
      begin(await readNote(id, gone.signal))
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
  } else if (isNew) begin()
  else void load()

  keepSafe(autosave, events, () => {
    if (error.value && !error.value.missing) void load()
  })
  onScopeDispose(() => gone.abort())

  return {
    note,
    draft,
    save,
    loading,
    error,
    load,
    edit,
    flush: () => autosave.value?.flush() ?? Promise.resolve(),
    keepMine: () => autosave.value?.keepMine(),
    takeTheirs: () => autosave.value?.takeTheirs(),
    copy: () => copy(draft.value, autosave.value),
    accept: (changed: Note) => autosave.value?.accept(changed),
    abandon: () => autosave.value?.abandon(),
  }
}

const explain = (failure: unknown) => ({
  missing: failure instanceof ApiError && failure.status === 404,
  message: describeError(failure),
})

/** Everything that may happen to the page while text is under way: hidden, offline, signed out, left. */
function keepSafe(autosave: Readonly<Ref<Autosave | null>>, events: NoteEvents, onSignedIn: () => void) {
  const { state: session } = useSession()
  const resume = () => autosave.value?.resume()
  const flushWhenHidden = () => {
    if (document.visibilityState === 'hidden') void autosave.value?.flush()
  }
  const unwatch = watchUnsavedWork(() => autosave.value?.unsaved ?? false)
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
