// Owns the order in which files go up: at most three at once, tried again when no answer comes, paused, cancelled,
// attached to a note afterwards. Refuses to know the protocol, the browser's storage, Vue and words.
import { uuidv7 } from '@/lib/uuid'
import { SpeedMeter } from './speed'

export type UploadPhase =
  | 'waiting' // for its turn
  | 'sending'
  | 'attaching' // it is up; a note is to have it
  | 'retrying' // no answer, or the server is in trouble: it is tried again
  | 'signed-out' // waits for resumeAll()
  | 'paused'
  | 'needs-file' // the page was loaded again, and this browser did not keep the bytes
  | 'failed' // needs a decision
  | 'done'

/** All that is needed to go on after the page went away, except for the bytes. */
export interface UploadRecord {
  key: string
  /** What the file is going to be called by the server. */
  fileId: string
  /** Where the server has what came so far. */
  url: string | null
  name: string
  size: number
  type: string
  lastModified: number
  /** The note that is to have it. */
  attachTo: string | null
  paused: boolean
  /** Everything is up. */
  uploaded: boolean
  at: number
}

export interface Upload extends UploadRecord {
  phase: UploadPhase
  sent: number
  /** Bytes a second, lately. */
  speed: number
  reason: string
  /** The name of what was refused, as the server has it. */
  code: string
  /** The bytes outlive this page. */
  kept: boolean
}

export type FailureKind =
  | 'network'
  | 'busy' // the server asks to be left alone for a moment
  | 'signed-out'
  | 'token' // it is too old; the next attempt has a new one
  | 'gone' // the server no longer has what came so far
  | 'taken' // the id is in use: most likely by this very upload, whose answer was lost
  | 'refused'

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
  /** Resolves to whether they are kept. */
  putBytes: (key: string, bytes: Blob) => Promise<boolean>
  drop: (key: string) => void
}

export interface QueueOptions {
  /** One attempt; the returned function ends it. */
  send: (upload: UploadRecord, bytes: Blob, events: SendEvents) => () => void
  attach: (note: string, file: string) => Promise<void>
  terminate: (fileId: string) => Promise<void>
  /** What a thrown error means. */
  classifyError: (error: unknown) => Failure
  keeper: UploadStore
  urlOf: (fileId: string) => string
  onChange: () => void
  onDone: (upload: Upload) => void
}

interface Entry {
  upload: Upload
  bytes: Blob | undefined
  stop: (() => void) | undefined
  timer: ReturnType<typeof setTimeout> | undefined
  failures: number
  meter: SpeedMeter
}

export const MOST_AT_ONCE = 3
/** Beginning anew more often without a byte getting through would not end. */
const MOST_FRUITLESS = 3
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000
const BUSY: readonly UploadPhase[] = ['sending', 'attaching']
const UNDER_WAY: readonly UploadPhase[] = ['waiting', 'sending', 'attaching', 'retrying', 'signed-out']

export const isActive = (upload: Upload) => UNDER_WAY.includes(upload.phase)

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
    // A new list begins where the last one is at its end.
    if ([...this.entries.values()].every(({ upload }) => upload.phase === 'done')) this.entries.clear()
    const keys = files.map((file) => {
      const { name, size, type, lastModified } = file
      const key = uuidv7()
      this.enter(
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
          at: Date.now(),
        },
        file,
      )
      return key
    })
    this.pump()
    return keys
  }

  /** Goes on with what an earlier page began. */
  adopt(record: UploadRecord, bytes: Blob | undefined) {
    if (this.entries.has(record.key)) return
    this.enter(record, bytes, true)
    this.pump()
  }

  /** The same file again, for one whose bytes were not kept; another one is refused. */
  provideFile(key: string, file: File): boolean {
    const entry = this.entries.get(key)
    if (!entry) return false
    const { name, size, lastModified } = entry.upload
    if (file.name !== name || file.size !== size || file.lastModified !== lastModified) return false
    entry.bytes = file
    this.wait(entry)
    return true
  }

  pause(key: string) {
    const entry = this.entries.get(key)
    if (!entry || !isActive(entry.upload)) return
    this.halt(entry)
    this.set(entry, { phase: 'paused', paused: true, speed: 0 })
    this.pump()
  }

  /** After a pause, or again after a failure. */
  resume(key: string) {
    const entry = this.entries.get(key)
    if (!entry || entry.upload.phase === 'done') return
    entry.failures = 0
    this.wait(entry)
  }

  /** The way is free again: back on line, or signed in. */
  resumeAll() {
    for (const entry of this.entries.values()) {
      if (entry.upload.phase === 'retrying' || entry.upload.phase === 'signed-out') this.resume(entry.upload.key)
    }
  }

  async cancel(key: string) {
    const entry = this.entries.get(key)
    if (!entry) return
    this.forget(entry)
    this.pump()
    if (!entry.upload.uploaded && entry.upload.phase !== 'done') await this.options.terminate(entry.upload.fileId)
  }

  /** What is done need not be shown any longer. */
  clearDone() {
    for (const [key, { upload }] of this.entries) if (upload.phase === 'done') this.entries.delete(key)
    this.options.onChange()
  }

  /** Signed out on purpose: the next person at this screen must find nothing of it. */
  dropAll() {
    for (const entry of [...this.entries.values()]) this.forget(entry)
  }

  private enter(record: UploadRecord, bytes: Blob | undefined, known = false) {
    const phase: UploadPhase = record.paused ? 'paused' : bytes || record.uploaded ? 'waiting' : 'needs-file'
    const upload: Upload = {
      ...record,
      phase,
      sent: record.uploaded ? record.size : 0,
      speed: 0,
      reason: '',
      code: '',
      kept: known && bytes !== undefined,
    }
    const entry: Entry = { upload, bytes, stop: undefined, timer: undefined, failures: 0, meter: new SpeedMeter() }
    this.entries.set(record.key, entry)
    if (!known) this.keep(entry)
    this.options.onChange()
  }

  private keep(entry: Entry) {
    this.save(entry)
    void this.options.keeper.putBytes(entry.upload.key, entry.bytes!).then((kept) => this.set(entry, { kept }))
  }

  private save({ upload }: Entry) {
    const { phase: _phase, sent: _sent, speed: _speed, reason: _reason, code: _code, kept: _kept, ...record } = upload
    this.options.keeper.put(record)
  }

  private set(entry: Entry, change: Partial<Upload>) {
    const lasting = ['url', 'fileId', 'paused', 'uploaded'].some((name) => name in change)
    Object.assign(entry.upload, change)
    if (!this.entries.has(entry.upload.key)) return
    if (lasting) this.save(entry)
    this.options.onChange()
  }

  private wait(entry: Entry) {
    this.halt(entry)
    const ready = entry.bytes !== undefined || entry.upload.uploaded
    this.set(entry, { phase: ready ? 'waiting' : 'needs-file', paused: false, reason: '', code: '' })
    this.pump()
  }

  private halt(entry: Entry) {
    clearTimeout(entry.timer)
    entry.stop?.()
    entry.stop = undefined
    entry.meter = new SpeedMeter()
  }

  private forget(entry: Entry) {
    this.halt(entry)
    this.entries.delete(entry.upload.key)
    this.options.keeper.drop(entry.upload.key)
    this.options.onChange()
  }

  private pump() {
    const all = [...this.entries.values()]
    let free = MOST_AT_ONCE - all.filter(({ upload }) => BUSY.includes(upload.phase)).length
    for (const entry of all) {
      if (free <= 0) return
      if (entry.upload.phase !== 'waiting') continue
      free -= 1
      if (entry.upload.uploaded) void this.finish(entry)
      else this.send(entry)
    }
  }

  private send(entry: Entry) {
    let over = false
    /** What comes from an attempt that was ended is not heard. */
    const heard =
      <A extends unknown[]>(listen: (...about: A) => void) =>
      (...about: A) => {
        if (!over) listen(...about)
      }
    this.set(entry, { phase: 'sending', reason: '' })
    const end = this.options.send(entry.upload, entry.bytes!, {
      created: heard((url) => this.set(entry, { url })),
      progress: heard((sent) => {
        entry.failures = 0
        this.set(entry, { sent, speed: entry.meter.add(sent) })
      }),
      done: heard(() => {
        over = true
        this.set(entry, { sent: entry.upload.size, speed: 0, uploaded: true })
        void this.finish(entry)
      }),
      failed: heard((failure) => {
        over = true
        this.fail(entry, failure)
      }),
    })
    entry.stop = () => {
      over = true
      end()
    }
  }

  /** It is up: now to the note, where there is one. */
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
    this.options.keeper.drop(entry.upload.key)
    entry.bytes = undefined
    this.options.onDone({ ...entry.upload })
    this.pump()
  }

  private fail(entry: Entry, failure: Failure) {
    entry.stop = undefined
    entry.meter = new SpeedMeter()
    const { upload } = entry
    const fruitless = entry.failures >= MOST_FRUITLESS
    if (failure.kind === 'signed-out') this.set(entry, { phase: 'signed-out', speed: 0 })
    else if (failure.kind === 'network' || failure.kind === 'busy') this.retryLater(entry, failure.retryAfterMs)
    else if (failure.kind === 'token' && !fruitless) this.again(entry, {})
    else if (failure.kind === 'taken' && !upload.url) this.again(entry, { url: this.options.urlOf(upload.fileId) })
    else if (['gone', 'taken'].includes(failure.kind) && !upload.uploaded && !fruitless)
      this.again(entry, { url: null, fileId: uuidv7(), sent: 0 })
    else this.set(entry, { phase: 'failed', speed: 0, reason: failure.reason ?? '', code: failure.code ?? '' })
    this.pump()
  }

  private again(entry: Entry, change: Partial<Upload>) {
    entry.failures += 1
    this.set(entry, { ...change, phase: 'waiting', speed: 0 })
  }

  private retryLater(entry: Entry, atLeastMs = 0) {
    const backOff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** entry.failures)
    entry.failures += 1
    this.set(entry, { phase: 'retrying', speed: 0 })
    // Jitter: a fleet that comes back must not be met by everybody in the same second.
    entry.timer = setTimeout(() => this.wait(entry), Math.max(atLeastMs, backOff * (0.75 + Math.random() / 2)))
  }
}
