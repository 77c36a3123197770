// The attachments of one note: attach, detach, and pending uploads. Attaching changes the version of the note; its editor
// receives that version from the change bus.
import { computed, onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { describeError } from '@/api/errors'
import type { Attachment, Note } from '@/api/types'
import { fileChanges, noteChanges } from '@/changes'
import { attachFile, detachFile } from '@/features/files/api'
import { isActive } from '@/features/files/uploads/queue'
import { useUploads } from '@/features/files/uploads/useUploads'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { readNote } from './api'

type NoteRef = Readonly<Ref<Note | null>>

export function useAttachments(id: string, note: NoteRef, ensureCreated: () => Promise<void>) {
  const { uploads, latestAttached, add } = useUploads()
  const { items, reload } = useAttachedFiles(id, note)
  watch(latestAttached, (latest) => latest?.note === id && void reload())

  const upload = (files: readonly File[]) => ensureCreated().then(() => void add(files, id))

  async function attach(file: Attachment) {
    await ensureCreated()
    const previous = items.value
    items.value = [...previous.filter((item) => item.id !== file.id), file]
    await attempt(() => attachFile(id, file.id), previous)
  }

  async function detach(file: Attachment) {
    const previous = items.value
    items.value = previous.filter((item) => item.id !== file.id)
    if (await attempt(() => detachFile(id, file.id), previous))
      offerUndo(`Removed “${file.name}” from the note`, () => attach(file))
  }

  async function attempt(work: () => Promise<void>, previous: readonly Attachment[]): Promise<boolean> {
    try {
      await work()
      fileChanges.emit()
      await reload()
      return true
    } catch (error) {
      items.value = previous
      showToast(describeError(error), { tone: 'danger' })
      return false
    }
  }

  const pendingUploads = computed(() =>
    uploads.value.filter((item) => item.attachTo === id && (isActive(item) || item.phase === 'paused')),
  )
  return { items, pendingUploads, upload, attach, detach }
}

/** The attached files by the newest version of the note, from the editor or read here. */
function useAttachedFiles(id: string, note: NoteRef) {
  const items = shallowRef<readonly Attachment[]>([])
  const disposed = new AbortController()
  let shownVersion = 0

  /** Answers may arrive out of order. */
  function show(read: Note) {
    if (read.version < shownVersion) return
    shownVersion = read.version
    items.value = read.attachments
  }

  async function reload() {
    try {
      const read = await readNote(id, disposed.signal)
      show(read)
      noteChanges.emit([read])
    } catch {
      // The list stays as it is; the next change reads it again.
    }
  }

  watch(note, (current) => current && show(current), { immediate: true })
  noteChanges.onChange((changed, version) => changed === id && version > shownVersion && void reload())
  fileChanges.onStale(() => items.value.length > 0 && void reload())
  noteChanges.onReset(() => void reload())
  onScopeDispose(() => disposed.abort())
  return { items, reload }
}
