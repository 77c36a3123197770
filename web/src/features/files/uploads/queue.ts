// The upload queue: at most three uploads at once, retries, pause, cancel, and attaching to a note afterwards. `tus.ts`
// sends one attempt, `uploadStore.ts` stores the queue, `useUploads.ts` connects it to the page.
//
// Resuming. A record contains everything that is needed to continue after the page is gone, except the bytes: the URL of
// the upload on the server, and the file id, which the client chooses. The id makes a lost answer harmless: if the
// answer to the creation never arrived, the retry is refused with `id_taken`, and the queue then continues at the URL
// that follows from the id instead of uploading twice (`id-taken`). The offset is not stored, because only the server
// knows how much it has; tus asks for it before each attempt. If the server has deleted an unfinished upload, it starts
// over under a new id (`not-found`). `uploaded` is stored separately, because attaching to the note can fail after all
// bytes have arrived, and then only that must be repeated. Restarts are limited while no bytes get through.

import { uuidv7 } from '@/lib/uuid'
import { SpeedMeter } from './speed'

export type UploadPhase =
  | 'waiting' // for one of the three slots
  | 'sending'
  | 'attaching' // uploaded, being attached to the note
  | 'retrying' // waits after a network or server error
  | 'signed-out' // waits for resumeAll()
  | 'paused'
  | 'needs-file' // the page was reloaded and the bytes are not stored
  | 'failed' // waits for the user
  | 'done'

/** Everything that is needed to continue after a reload, except the bytes. */
export interface UploadRecord {
  key: string
  /** The id of the future file. */
  fileId: string
  /** The URL of the upload once it is created. */
  url: string | null
  name: string
  size: number
  type: string
  lastModified: number
  /** The id of the note to attach it to. */
  attachTo: string | null
  paused: boolean
  /** The server has all bytes. */
  uploaded: boolean
  createdAt: number
}

export interface Upload extends UploadRecord {
  phase: UploadPhase
  sent: number
  /** Bytes per second. */
  speed: number
  reason: string
  /** The error code of the server. */
  code: string
  /** The bytes are stored in this browser. */
  stored: boolean
}

export type FailureKind =
  | 'network'
  | 'busy' // retry later
  | 'signed-out'
  | 'token-expired' // the next attempt has a new token
  | 'not-found' // the server has deleted the unfinished upload
  | 'id-taken' // usually by this upload, whose answer was lost
  | 'rejected'

export interface Failure {
  kind: FailureKind
  reason?: string
  code?: string | undefined
  retryAfterMs?: number | undefined
}

export interface SendEvents {
  created: (url: string) => void
  progress: (sent: number) => void
  done: () => void
  failed: (failure: Failure) => void
}

export interface UploadStore {
  put: (record: UploadRecord) => void
  /** Resolves to false if the bytes are not stored. */
  putBytes: (key: string, bytes: Blob) => Promise<boolean>
  delete: (key: string) => void
}

export interface QueueOptions {
  /** Starts one attempt; the returned function aborts it. */
  send: (upload: UploadRecord, bytes: Blob, events: SendEvents) => () => void
  attach: (note: string, file: string) => Promise<void>
  terminate: (fileId: string) => Promise<void>
  classifyError: (error: unknown) => Failure
  store: UploadStore
  urlOf: (fileId: string) => string
  onChange: () => void
  onDone: (upload: Upload) => void
}

interface Entry {
  upload: Upload
  bytes: Blob | undefined
  abort: (() => void) | undefined
  timer: ReturnType<typeof setTimeout> | undefined
  failures: number
  meter: SpeedMeter
}

const MAX_PARALLEL = 3
/** Restarts without progress, before the upload fails. */
const MAX_RESTARTS = 3
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 30_000
const OCCUPIES_SLOT: readonly UploadPhase[] = ['sending', 'attaching']
const ACTIVE: readonly UploadPhase[] = ['waiting', 'sending', 'attaching', 'retrying', 'signed-out']

export const isActive = (upload: Upload) => ACTIVE.includes(upload.phase)

export class UploadQueue {
  private readonly entries = new Map<string, Entry>()

  constructor(private readonly options: QueueOptions) {}

  get uploads(): Upload[] {
    return [...this.entries.values()].map(({ upload }) => ({ ...upload }))
  }

  has(key: string): boolean {
    return this.entries.has(key)
  }

  add(files: readonly File[], attachTo: string | null = null): string[] {
    // Finished uploads are removed from the panel when new ones are added.
    if ([...this.entries.values()].every(({ upload }) => upload.phase === 'done')) this.entries.clear()
    const keys = files.map((file) => {
      const { name, size, type, lastModified } = file
      const key = uuidv7()
      this.insert(
        {
          key,
          fileId: uuidv7(),
          url: null,
          name,
          size,
          type,
          lastModified,
          attachTo,
          paused: false,
          uploaded: false,
          createdAt: Date.now(),
        },
        file,
      )
      return key
    })
    this.startNext()
    return keys
  }

  /** Continues an upload of an earlier page. */
  recover(record: UploadRecord, bytes: Blob | undefined) {
    if (this.entries.has(record.key)) return
    this.insert(record, bytes, true)
    this.startNext()
  }

  /** The file of an upload whose bytes are not stored. Resolves to false if it is another file. */
  provideFile(key: string, file: File): boolean {
    const entry = this.entries.get(key)
    if (!entry) return false
    const { name, size, lastModified } = entry.upload
    if (file.name !== name || file.size !== size || file.lastModified !== lastModified) return false
    entry.bytes = file
    this.enqueue(entry)
    return true
  }

  pause(key: string) {
    const entry = this.entries.get(key)
    if (!entry || !isActive(entry.upload)) return
    this.stop(entry)
    this.set(entry, { phase: 'paused', paused: true, speed: 0 })
    this.startNext()
  }

  /** After a pause or a failure. */
  resume(key: string) {
    const entry = this.entries.get(key)
    if (!entry || entry.upload.phase === 'done') return
    entry.failures = 0
    this.enqueue(entry)
  }

  /** After the connection is back or the user has signed in. */
  resumeAll() {
    for (const entry of this.entries.values()) {
      if (entry.upload.phase === 'retrying' || entry.upload.phase === 'signed-out') this.resume(entry.upload.key)
    }
  }

  async cancel(key: string) {
    const entry = this.entries.get(key)
    if (!entry) return
    this.delete(entry)
    this.startNext()
    if (!entry.upload.uploaded && entry.upload.phase !== 'done') await this.options.terminate(entry.upload.fileId)
  }

  clearDone() {
    for (const [key, { upload }] of this.entries) if (upload.phase === 'done') this.entries.delete(key)
    this.options.onChange()
  }

  /** At sign-out: the next user of this browser must not see the uploads. */
  deleteAll() {
    for (const entry of [...this.entries.values()]) this.delete(entry)
  }

  private insert(record: UploadRecord, bytes: Blob | undefined, recovered = false) {
    const phase: UploadPhase = record.paused ? 'paused' : bytes || record.uploaded ? 'waiting' : 'needs-file'
    const upload: Upload = {
      ...record,
      phase,
      sent: record.uploaded ? record.size : 0,
      speed: 0,
      reason: '',
      code: '',
      stored: recovered && bytes !== undefined,
    }
    const entry: Entry = { upload, bytes, abort: undefined, timer: undefined, failures: 0, meter: new SpeedMeter() }
    this.entries.set(record.key, entry)
    if (!recovered) this.storeAll(entry)
    this.options.onChange()
  }

  private storeAll(entry: Entry) {
    this.storeRecord(entry)
    void this.options.store.putBytes(entry.upload.key, entry.bytes!).then((stored) => this.set(entry, { stored }))
  }

  private storeRecord({ upload }: Entry) {
    const {
      phase: _phase,
      sent: _sent,
      speed: _speed,
      reason: _reason,
      code: _code,
      stored: _stored,
      ...record
    } = upload
    this.options.store.put(record)
  }

  private set(entry: Entry, change: Partial<Upload>) {
    const persistent = ['url', 'fileId', 'paused', 'uploaded'].some((name) => name in change)
    Object.assign(entry.upload, change)
    if (!this.entries.has(entry.upload.key)) return
    if (persistent) this.storeRecord(entry)
    this.options.onChange()
  }

  private enqueue(entry: Entry) {
    this.stop(entry)
    const ready = entry.bytes !== undefined || entry.upload.uploaded
    this.set(entry, { phase: ready ? 'waiting' : 'needs-file', paused: false, reason: '', code: '' })
    this.startNext()
  }

  private stop(entry: Entry) {
    clearTimeout(entry.timer)
    entry.abort?.()
    entry.abort = undefined
    entry.meter = new SpeedMeter()
  }

  private delete(entry: Entry) {
    this.stop(entry)
    this.entries.delete(entry.upload.key)
    this.options.store.delete(entry.upload.key)
    this.options.onChange()
  }

  private startNext() {
    const all = [...this.entries.values()]
    let free = MAX_PARALLEL - all.filter(({ upload }) => OCCUPIES_SLOT.includes(upload.phase)).length
    for (const entry of all) {
      if (free <= 0) return
      if (entry.upload.phase !== 'waiting') continue
      free -= 1
      if (entry.upload.uploaded) void this.finish(entry)
      else this.send(entry)
    }
  }

  private send(entry: Entry) {
    let ended = false
    /** Ignores events of an attempt that has ended. */
    const unlessEnded =
      <A extends unknown[]>(listener: (...args: A) => void) =>
      (...args: A) => {
        if (!ended) listener(...args)
      }
    this.set(entry, { phase: 'sending', reason: '' })
    const abort = this.options.send(entry.upload, entry.bytes!, {
      created: unlessEnded((url) => this.set(entry, { url })),
      progress: unlessEnded((sent) => {
        entry.failures = 0
        this.set(entry, { sent, speed: entry.meter.add(sent) })
      }),
      done: unlessEnded(() => {
        ended = true
        this.set(entry, { sent: entry.upload.size, speed: 0, uploaded: true })
        void this.finish(entry)
      }),
      failed: unlessEnded((failure) => {
        ended = true
        this.fail(entry, failure)
      }),
    })
    entry.abort = () => {
      ended = true
      abort()
    }
  }

  /** After all bytes are sent: attaches the file. */
  private async finish(entry: Entry) {
    const { attachTo, fileId } = entry.upload
    if (attachTo) {
      this.set(entry, { phase: 'attaching' })
      try {
        await this.options.attach(attachTo, fileId)
      } catch (error) {
        if (entry.upload.phase === 'attaching') this.fail(entry, this.options.classifyError(error))
        return
      }
    }
    if (!this.entries.has(entry.upload.key)) return
    this.set(entry, { phase: 'done', speed: 0, reason: '' })
    this.options.store.delete(entry.upload.key)
    entry.bytes = undefined
    this.options.onDone({ ...entry.upload })
    this.startNext()
  }

  private fail(entry: Entry, failure: Failure) {
    entry.abort = undefined
    entry.meter = new SpeedMeter()
    const { upload } = entry
    const canRestart = entry.failures < MAX_RESTARTS
    if (failure.kind === 'signed-out') this.set(entry, { phase: 'signed-out', speed: 0 })
    else if (failure.kind === 'network' || failure.kind === 'busy') this.retryLater(entry, failure.retryAfterMs)
    else if (failure.kind === 'token-expired' && canRestart) this.restart(entry, {})
    else if (failure.kind === 'id-taken' && !upload.url) this.restart(entry, { url: this.options.urlOf(upload.fileId) })
    else if (['not-found', 'id-taken'].includes(failure.kind) && !upload.uploaded && canRestart)
      this.restart(entry, { url: null, fileId: uuidv7(), sent: 0 })
    else this.set(entry, { phase: 'failed', speed: 0, reason: failure.reason ?? '', code: failure.code ?? '' })
    this.startNext()
  }

  private restart(entry: Entry, change: Partial<Upload>) {
    entry.failures += 1
    this.set(entry, { ...change, phase: 'waiting', speed: 0 })
  }

  private retryLater(entry: Entry, atLeastMs = 0) {
    const backOff = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** entry.failures)
    entry.failures += 1
    this.set(entry, { phase: 'retrying', speed: 0 })
    // Jitter, so that not all clients retry at the same time.
    entry.timer = setTimeout(() => this.enqueue(entry), Math.max(atLeastMs, backOff * (0.75 + Math.random() / 2)))
  }
}
