// Owns the way of one note's text to the server: when to send, what to do when no answer comes, and
// the one word that says how things stand. Refuses to know Vue, the network and the screen.
import { ApiError, NetworkError } from '@/api/errors'
import type { NewNote, Note, NotePatch } from '@/api/types'

/** What a person can change about a note; saved field by field. */
export interface Draft {
  title: string
  body: string
  pinned: boolean
  archived: boolean
}

export type SavePhase =
  | 'empty' // a new note in which nothing stands yet: nothing is created for it
  | 'saved'
  | 'saving' // changed or on its way
  | 'retrying' // no answer, or the server is in trouble: it is tried again
  | 'offline'
  | 'signed-out' // waits for resume()
  | 'rejected' // the server will never take this text as it is
  | 'conflict' // waits for keepMine() or takeTheirs()

export interface SaveState {
  phase: SavePhase
  /** The sentence that came with a refusal. */
  reason?: string
  /** In a conflict the note as it stands on the server; null when it is gone for good. */
  theirs?: Note | null
}

export interface AutosaveListeners {
  onState: (state: SaveState) => void
  onSaved: (note: Note) => void
  /** The draft was changed by the server's side: a merge, or theirs was taken. */
  onReplaced: (draft: Draft) => void
}

export interface AutosaveOptions extends AutosaveListeners {
  id: string
  /** The note as read from the server, or nothing for a note that does not exist yet. */
  note?: Note | undefined
  create: (note: NewNote, idempotencyKey: string) => Promise<Note>
  update: (id: string, version: number, patch: NotePatch) => Promise<Note>
  isOnline?: () => boolean
  delayMs?: number
}

const DELAY_MS = 600
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000
const FIELDS = ['title', 'body', 'pinned', 'archived'] as const
const EMPTY: Draft = { title: '', body: '', pinned: false, archived: false }

const pick = (note: Draft): Draft => ({ title: note.title, body: note.body, pinned: note.pinned, archived: note.archived })
const same = (a: Draft, b: Draft) => FIELDS.every((field) => a[field] === b[field])

export class Autosave {
  readonly id: string
  private readonly options: AutosaveOptions
  private lastNote: Note | undefined
  private draft: Draft
  /** What the server holds as far as we know; its version is 0 before the note exists. */
  private base: { version: number; draft: Draft }
  /** Sent without an answer: the server may hold it. */
  private unanswered: Draft[] = []
  /** A creation is repeated word by word, or its idempotency key would be refused. */
  private creation: Draft | undefined
  private readonly idempotencyKey: string
  private running: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private closed = false
  private current: SaveState

  constructor(options: AutosaveOptions) {
    this.options = { ...options }
    this.id = options.id
    this.idempotencyKey = options.id
    this.lastNote = options.note
    this.draft = options.note ? pick(options.note) : { ...EMPTY }
    this.base = { version: options.note?.version ?? 0, draft: { ...this.draft } }
    this.current = { phase: options.note ? 'saved' : 'empty' }
  }

  get state(): SaveState {
    return this.current
  }

  get text(): Draft {
    return this.draft
  }

  /** The note as the server last told it; nothing before it exists. */
  get note(): Note | undefined {
    return this.lastNote
  }

  /** Hands the running save to another audience: the editor was left, or opened again. */
  listen(listeners: AutosaveListeners) {
    Object.assign(this.options, listeners)
  }

  /** True while anything typed exists only in this page. */
  get unsaved(): boolean {
    return this.running !== undefined || !same(this.draft, this.base.draft)
  }

  edit(change: Partial<Draft>) {
    this.draft = { ...this.draft, ...change }
    if (this.current.phase === 'conflict' || this.current.phase === 'signed-out') return
    if (!this.unsaved) return this.settle()
    if (this.current.phase === 'saved' || this.current.phase === 'empty' || this.current.phase === 'rejected') {
      this.enter({ phase: 'saving' })
    }
    // A retry that is already waiting carries the newer text along.
    if (this.failures === 0) this.schedule(this.options.delayMs ?? DELAY_MS)
  }

  /** Sends now whatever is unsaved; resolves when the server has it or when it did not work out. */
  async flush(): Promise<void> {
    clearTimeout(this.timer)
    if (this.current.phase === 'conflict' || this.current.phase === 'signed-out') return
    if (this.running) await this.running
    if (this.unsaved && !this.closed) await this.run()
  }

  /** The way is free again: signed in, or back on line. */
  resume() {
    if (this.current.phase === 'conflict' || !this.unsaved) return
    if (this.current.phase === 'signed-out') this.enter({ phase: 'saving' })
    this.failures = 0
    void this.flush()
  }

  async keepMine(): Promise<void> {
    const { theirs } = this.current
    if (this.current.phase !== 'conflict' || theirs === undefined) return
    // Gone for good: the text is created anew by the caller, under another id.
    if (theirs === null) return
    this.base = { version: theirs.version, draft: pick(theirs) }
    this.enter({ phase: 'saving' })
    await this.run()
  }

  takeTheirs() {
    const { theirs } = this.current
    if (this.current.phase !== 'conflict' || !theirs) return
    this.adopt(theirs)
    this.replace(pick(theirs))
    this.settle()
  }

  /** Pinned or archived by a button: the text is untouched, so a draft under way loses nothing. */
  accept(note: Note) {
    const { draft, version } = this.base
    if (note.version <= version || note.title !== draft.title || note.body !== draft.body) return
    const flags = { pinned: note.pinned, archived: note.archived }
    this.base = { version: note.version, draft: { ...draft, ...flags } }
    this.tell(note)
    this.replace({ ...this.draft, ...flags })
  }

  /** The draft is wanted no longer, or lives on elsewhere: nothing here counts as unsaved. */
  abandon() {
    this.draft = this.base.draft
    this.close()
  }

  close() {
    this.closed = true
    clearTimeout(this.timer)
  }

  private schedule(delay: number) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.flush(), delay)
  }

  private run(): Promise<void> {
    this.running ??= this.send().finally(() => {
      this.running = undefined
      this.afterRun()
    })
    return this.running
  }

  private afterRun() {
    if (this.current.phase !== 'saving') return
    if (same(this.draft, this.base.draft)) this.settle()
    else if (!this.closed) this.schedule(this.options.delayMs ?? DELAY_MS)
  }

  private async send(): Promise<void> {
    if (this.current.phase !== 'retrying' && this.current.phase !== 'offline') this.enter({ phase: 'saving' })
    const sent = this.base.version === 0 ? (this.creation ??= { ...this.draft }) : { ...this.draft }
    try {
      const note = this.base.version === 0 ? await this.create(sent) : await this.update(sent)
      this.acknowledge(note, sent)
    } catch (error) {
      this.fail(error, sent)
    }
  }

  private create(sent: Draft): Promise<Note> {
    return this.options.create({ id: this.id, ...sent }, this.idempotencyKey)
  }

  private update(sent: Draft): Promise<Note> {
    const changed = FIELDS.filter((field) => sent[field] !== this.base.draft[field])
    const patch: NotePatch = Object.fromEntries(changed.map((field) => [field, sent[field]]))
    return this.options.update(this.id, this.base.version, patch)
  }

  private acknowledge(note: Note, sent: Draft) {
    this.failures = 0
    this.unanswered = []
    this.creation = undefined
    // The text that was sent is the base even where the server stored it tidied up: the editor must
    // not see its own words as a change made by somebody else.
    this.base = { version: note.version, draft: sent }
    this.enter({ phase: 'saving' })
    this.tell(note)
  }

  private fail(error: unknown, sent: Draft) {
    if (error instanceof NetworkError) {
      this.unanswered.push(sent)
      const online = this.options.isOnline?.() ?? navigator.onLine
      return this.retry(online ? 'retrying' : 'offline')
    }
    if (!(error instanceof ApiError)) return this.enter({ phase: 'rejected', reason: String(error) })
    if (error.status === 412) return this.reconcile(error)
    if (error.status === 404 && this.base.version > 0) return this.enter({ phase: 'conflict', theirs: null })
    if (error.status === 401) return this.enter({ phase: 'signed-out' })
    if (error.status >= 500 || error.status === 429 || error.status === 408) {
      // A gateway's error may hide a save that went through.
      this.unanswered.push(sent)
      return this.retry('retrying', error.retryAfterMs)
    }
    this.creation = undefined
    this.enter({ phase: 'rejected', reason: error.message })
  }

  private retry(phase: 'retrying' | 'offline', atLeastMs = 0) {
    const backOff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures)
    this.failures += 1
    this.enter({ phase })
    // Jitter: a fleet that comes back must not be met by everybody in the same second.
    if (!this.closed) this.schedule(Math.max(atLeastMs, backOff * (0.75 + Math.random() / 2)))
  }

  /** A stale version is a conflict only where both sides changed the same field to different things. */
  private reconcile(error: ApiError) {
    const theirs = error.problem.current
    if (!theirs) return this.enter({ phase: 'rejected', reason: error.message })
    const ours = this.unanswered.find((sent) => same(sent, pick(theirs)))
    const base = ours ?? this.base.draft
    const merged = { ...this.draft }
    for (const field of FIELDS) {
      if (this.draft[field] !== base[field]) {
        const theyChanged = theirs[field] !== base[field] && theirs[field] !== this.draft[field]
        if (theyChanged) return this.enter({ phase: 'conflict', theirs })
      } else Object.assign(merged, { [field]: theirs[field] })
    }
    this.adopt(theirs)
    if (!same(merged, this.draft)) this.replace(merged)
    this.enter({ phase: 'saving' })
  }

  private adopt(note: Note) {
    this.failures = 0
    this.unanswered = []
    this.base = { version: note.version, draft: pick(note) }
    this.tell(note)
  }

  private tell(note: Note) {
    this.lastNote = note
    this.options.onSaved(note)
  }

  private replace(draft: Draft) {
    this.draft = draft
    this.options.onReplaced(draft)
  }

  private settle() {
    clearTimeout(this.timer)
    this.failures = 0
    this.enter({ phase: this.base.version === 0 ? 'empty' : 'saved' })
  }

  private enter(state: SaveState) {
    this.current = state
    this.options.onState(state)
  }
}
