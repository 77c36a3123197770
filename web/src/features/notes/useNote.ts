// Owns one open note: reading it, the draft on screen, and its autosave. Refuses the list around it.
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
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
  const { state: session } = useSession()
  const gone = new AbortController()

  const listeners: AutosaveListeners = {
    onState: (state) => (save.value = state),
    onSaved: (saved) => {
      note.value = saved
      events.saved(saved)
    },
    onReplaced: (replaced) => (draft.value = replaced),
  }

  function begin(read?: Note) {
    attach(new Autosave({ id, note: read, create: createNote, update: updateNote, ...listeners }))
  }

  function attach(running: Autosave) {
    autosave.value = running
    note.value = running.note ?? null
    draft.value = { ...running.text }
    save.value = running.state
  }

  async function load() {
    loading.value = true
    error.value = null
    try {
      begin(await readNote(id, gone.signal))
    } catch (failure) {
      if (gone.signal.aborted) return
      error.value = { missing: failure instanceof ApiError && failure.status === 404, message: describeError(failure) }
    }
    loading.value = false
  }

  function edit(change: Partial<Draft>) {
    draft.value = { ...draft.value, ...change }
    autosave.value?.edit(change)
  }

  /** Saves the draft under a new id: the way out when the note itself is gone for good. */
  async function copy(): Promise<Note | undefined> {
    const fresh = uuidv7()
    try {
      const created = await createNote({ id: fresh, ...draft.value }, fresh)
      autosave.value?.abandon()
      return created
    } catch (failure) {
      showToast(describeError(failure), { tone: 'danger' })
      return undefined
    }
  }

  const flush = () => autosave.value?.flush() ?? Promise.resolve()
  const resume = () => autosave.value?.resume()
  const flushWhenHidden = () => {
    if (document.visibilityState === 'hidden') void flush()
  }

  const parked = takeParked(id)
  if (parked) {
    parked.listen(listeners)
    attach(parked)
    loading.value = false
  } else if (isNew) begin()
  else void load()

  const unwatch = watchUnsavedWork(() => autosave.value?.unsaved ?? false)
  window.addEventListener('online', resume)
  document.addEventListener('visibilitychange', flushWhenHidden)
  watch(
    () => session.status,
    (status) => {
      if (status !== 'signed-in') return
      if (error.value && !error.value.missing) void load()
      else resume()
    },
  )
  onScopeDispose(() => {
    gone.abort()
    unwatch()
    if (autosave.value) leave(autosave.value, events)
    window.removeEventListener('online', resume)
    document.removeEventListener('visibilitychange', flushWhenHidden)
  })

  return {
    note,
    draft,
    save,
    loading,
    error,
    load,
    edit,
    flush,
    unsaved: () => autosave.value?.unsaved ?? false,
    keepMine: () => autosave.value?.keepMine(),
    takeTheirs: () => autosave.value?.takeTheirs(),
    copy,
    abandon: () => autosave.value?.abandon(),
  }
}

/** Whoever goes to another note need not wait for this one's save: it finishes behind the scenes. */
function leave(autosave: Autosave, events: NoteEvents) {
  if (!autosave.unsaved) return autosave.close()
  park(autosave, events.saved)
  void autosave.flush()
}
