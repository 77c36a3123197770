// Owns the files of one note as they stand on screen: from the note, from another tab, from the queue of uploads.
// Refuses the text: attaching raises the version of the note, and its editor hears of that like of any other change.
import { computed, onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { describeError } from '@/api/errors'
import type { Attachment, Note } from '@/api/types'
import { attachFile, detachFile } from '@/features/files/api'
import { isUnderWay } from '@/features/files/uploads/queue'
import { useUploads } from '@/features/files/uploads/useUploads'
import { showToast } from '@/lib/toasts'
import { offerUndo } from '@/lib/undo'
import { readNote } from './api'
import { fileChanges, noteChanges } from '@/changes'

export function useAttachments(id: string, note: Readonly<Ref<Note | null>>, ensureCreated: () => Promise<void>) {
  const items = shallowRef<readonly Attachment[]>([])
  const { uploads, latestAttached, add } = useUploads()
  const gone = new AbortController()
  /** The version that `items` are of: a slower answer about an older one is not taken. */
  let shown = 0

  function take(read: Note) {
    if (read.version < shown) return
    shown = read.version
    items.value = read.attachments
  }

  async function look() {
    try {
      const read = await readNote(id, gone.signal)
      take(read)
      noteChanges.emit([read])
    } catch {
      // What is shown is still what was true a moment ago; the next change tries again.
    }
  }

  watch(note, (now) => now && take(now), { immediate: true })
  watch(latestAttached, (latest) => latest?.note === id && void look())
  noteChanges.onChange((changed, version) => changed === id && version > shown && void look())
  fileChanges.onStale(() => items.value.length > 0 && void look())
  noteChanges.onReset(() => void look())
  onScopeDispose(() => gone.abort())

  /** The note must exist before something can belong to it. */
  const upload = (files: readonly File[]) => ensureCreated().then(() => void add(files, id))

  async function attach(file: Attachment) {
    await ensureCreated()
    const had = items.value
    items.value = [...had.filter((one) => one.id !== file.id), file]
    await attempt(() => attachFile(id, file.id), had)
  }

  async function detach(file: Attachment) {
    const had = items.value
    items.value = had.filter((one) => one.id !== file.id)
    if (await attempt(() => detachFile(id, file.id), had))
      offerUndo(`Took “${file.name}” off the note`, () => attach(file))
  }

  async function attempt(work: () => Promise<void>, had: readonly Attachment[]): Promise<boolean> {
    try {
      await work()
      fileChanges.emit()
      await look()
      return true
    } catch (error) {
      items.value = had
      showToast(describeError(error), { tone: 'danger' })
      return false
    }
  }

  const coming = computed(() =>
    uploads.value.filter((one) => one.attachTo === id && (isUnderWay(one) || one.phase === 'paused')),
  )
  return {
    items,
    /** On their way to this note. */
    coming,
    upload,
    attach,
    detach,
  }
}
