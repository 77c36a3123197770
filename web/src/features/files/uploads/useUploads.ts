// Owns the one queue of uploads of this tab: whose it is, what of an earlier page it goes on with, and that leaving
// is asked about while bytes would be lost. Refuses to draw it.
import { computed, shallowRef, watch } from 'vue'
import { useSession } from '@/features/accounts/session'
import { fileChanges, noteChanges } from '@/changes'
import { announce } from '@/lib/announce'
import { watchUnsavedWork } from '@/lib/unsaved'
import { attachFile, removeUpload } from '../api'
import { deleteUploads, recoverUploads, IndexedDbUploadStore } from './uploadStore'
import { isActive, UploadQueue, type Failure, type Upload } from './queue'
import { classifyError, sendByTus, uploadUrl } from './tus'

/** How often uploads of closed tabs are looked for. */
const LOOK_AROUND_MS = 10_000
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
    // What is left behind expires by itself.
    terminate: (id) => removeUpload(id).catch(() => {}),
    classifyError: judgeAttaching,
    keeper: new IndexedDbUploadStore(account),
    urlOf: uploadUrl,
    onChange: () => (uploads.value = mine === queue ? mine.uploads : uploads.value),
    onDone,
  })
  queue = mine
  uploads.value = []
}

function judgeAttaching(error: unknown): Failure {
  const failure = classifyError(error)
  return failure.kind === 'gone'
    ? { ...failure, reason: 'The note is not there. The file itself is among your files.' }
    : failure
}

function onDone(upload: Upload) {
  fileChanges.emit()
  if (upload.attachTo) {
    latestAttached.value = { note: upload.attachTo, file: upload.fileId }
    noteChanges.emit()
  }
  if (!uploads.value.some(isActive)) announce('All files are uploaded')
}

function close() {
  queue?.dropAll()
  queue = undefined
  uploads.value = []
  latestAttached.value = null
  if (owner) void deleteUploads(owner)
  owner = ''
}

async function lookAround() {
  const mine = queue
  if (!mine || session.status !== 'signed-in') return
  const found = await recoverUploads(owner, (key) => mine.has(key))
  if (mine === queue) for (const { record, bytes } of found) mine.adopt(record, bytes)
}

// In the same moment, not after the next redraw: nothing of one person may reach the next one's account.
watch(
  () => [session.status, session.user?.id] as const,
  ([status, account]) => {
    if (status === 'signed-out') return close()
    if (status !== 'signed-in' || !account) return
    if (account !== owner) {
      close()
      open(account)
      void lookAround()
    } else queue?.resumeAll()
  },
  { flush: 'sync', immediate: true },
)
setInterval(() => void lookAround(), LOOK_AROUND_MS)
window.addEventListener('online', () => queue?.resumeAll())
watchUnsavedWork(() => {
  const busy = uploads.value.filter((upload) => isActive(upload) || upload.phase === 'paused')
  return { unsaved: busy.length > 0, atRisk: busy.some((upload) => isActive(upload) && !upload.kept) }
})

export function useUploads() {
  return {
    uploads,
    active: computed(() => uploads.value.filter(isActive)),
    /** A note has got a file: whoever shows it looks again. */
    latestAttached,
    add: (files: readonly File[], attachTo: string | null = null) => queue?.add(files, attachTo) ?? [],
    pause: (key: string) => queue?.pause(key),
    resume: (key: string) => queue?.resume(key),
    cancel: (key: string) => queue?.cancel(key),
    clearDone: () => queue?.clearDone(),
    provideFile: (key: string, file: File) => queue?.provideFile(key, file) ?? false,
  }
}
