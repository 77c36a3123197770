// The upload queue of this tab: bound to the signed-in account, it recovers the uploads of closed tabs and warns before
// the page is closed while bytes would be lost.

import { computed, shallowRef, watch } from 'vue'
import { useSession } from '@/features/accounts/session'
import { fileChanges, noteChanges } from '@/changes'
import { announce } from '@/lib/announce'
import { watchUnsavedWork } from '@/lib/unsaved'
import { attachFile, removeUpload } from '../api'
import { deleteUploads, recoverUploads, IndexedDbUploadStore } from './uploadStore'
import { isActive, UploadQueue, type Failure, type Upload } from './queue'
import { classifyError, sendByTus, uploadUrl } from './tus'

const RECOVERY_INTERVAL_MS = 10_000
const { state: session } = useSession()
const uploads = shallowRef<Upload[]>([])
const latestAttached = shallowRef<{ note: string; file: string } | null>(null)
let queue: UploadQueue | undefined
let owner = ''

function open(account: string) {
  owner = account
  const mine: UploadQueue = new UploadQueue({
    send: sendByTus,
    attach: attachFile,
    // After an error the server deletes the unfinished upload when it expires.
    terminate: (id) => removeUpload(id).catch(() => {}),
    classifyError: classifyAttachError,
    store: new IndexedDbUploadStore(account),
    urlOf: uploadUrl,
    onChange: () => (uploads.value = mine === queue ? mine.uploads : uploads.value),
    onDone,
  })
  queue = mine
  uploads.value = []
}

function classifyAttachError(error: unknown): Failure {
  const failure = classifyError(error)
  return failure.kind === 'not-found'
    ? { ...failure, reason: 'The note was not found. The file is in Files.' }
    : failure
}

function onDone(upload: Upload) {
  fileChanges.emit()
  if (upload.attachTo) {
    latestAttached.value = { note: upload.attachTo, file: upload.fileId }
    noteChanges.emit()
  }
  if (!uploads.value.some(isActive)) announce('All uploads finished')
}

function close() {
  queue?.deleteAll()
  queue = undefined
  uploads.value = []
  latestAttached.value = null
  if (owner) void deleteUploads(owner)
  owner = ''
}

async function recoverClosedTabs() {
  const mine = queue
  if (!mine || session.status !== 'signed-in') return
  const found = await recoverUploads(owner, (key) => mine.has(key))
  if (mine === queue) for (const { record, bytes } of found) mine.recover(record, bytes)
}

// Synchronous: an upload of one account must not be sent with the token of the next.
watch(
  () => [session.status, session.user?.id] as const,
  ([status, account]) => {
    if (status === 'signed-out') return close()
    if (status !== 'signed-in' || !account) return
    if (account !== owner) {
      close()
      open(account)
      void recoverClosedTabs()
    } else queue?.resumeAll()
  },
  { flush: 'sync', immediate: true },
)
setInterval(() => void recoverClosedTabs(), RECOVERY_INTERVAL_MS)
window.addEventListener('online', () => queue?.resumeAll())
watchUnsavedWork(() => {
  const unfinished = uploads.value.filter((upload) => isActive(upload) || upload.phase === 'paused')
  return { unsaved: unfinished.length > 0, atRisk: unfinished.some((upload) => isActive(upload) && !upload.stored) }
})

export function useUploads() {
  return {
    uploads,
    active: computed(() => uploads.value.filter(isActive)),
    /** The last file attached to a note. */
    latestAttached,
    add: (files: readonly File[], attachTo: string | null = null) => queue?.add(files, attachTo) ?? [],
    pause: (key: string) => queue?.pause(key),
    resume: (key: string) => queue?.resume(key),
    cancel: (key: string) => queue?.cancel(key),
    clearDone: () => queue?.clearDone(),
    provideFile: (key: string, file: File) => queue?.provideFile(key, file) ?? false,
  }
}
