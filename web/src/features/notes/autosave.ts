// Owns the way of one note's text to the server: when to send, what to do when no answer comes or the
// text was changed elsewhere, and the one word that says how things stand. Refuses to know Vue, the
// network, the browser's storage and the screen.
import { ApiError, NetworkError } from '@/api/errors'
import type { NewNote, Note, SavedNote } from '@/api/types'
import { uuidv7 } from '@/lib/uuid'
import { changed, EMPTY, joinTexts, mergeDrafts, pick, same, sameText } from './draft'
import type { Draft, SaveRequest } from './types'

export type SavePhase =
  | 'empty' // a new note in which nothing stands yet: nothing is created for it
  | 'saved'
  | 'saving' // changed or on its way
  | 'retrying' // no answer, or the server is in trouble: it is tried again
  | 'offline'
  | 'signed-out' // waits for resume()
  | 'rejected' // the server will never take this text as it is
  | 'conflict' // waits for keepMine(), keepTheirs() or keepBoth()

export interface SaveState {
  phase: SavePhase
  /** The sentence that came with a refusal. */
  reason?: string
  /** In a conflict the note as it stands on the server; null when it is gone for good. */
  theirs?: Note | null
}

/** What came from another device: into text under way, or into a note that was only looked at. */
export type SaveNews = 'merged' | 'updated'

/** A save as it was sent: repeated word by word until it is answered, or the server could take the
 *  repetition for somebody else's change. */
interface Attempt {
  id: string
  version: number
  draft: Draft
  fields: Partial<Draft>
}

/** All that is needed to go on after the page went away. */
export interface Kept {
  base: { version: number; draft: Draft }
  draft: Draft
  attempt?: Attempt | undefined
}

/** Where a draft outlives the page; `null` takes it away. */
export interface Keeper {
  put: (kept: Kept | null) => Promise<void>
  release: () => void
  /** Whether this browser keeps anything at all. */
  readonly works: boolean
  /** Whether it has the newest. */
  readonly settled: boolean
}

export interface AutosaveListeners {
  onState: (state: SaveState) => void
  onSaved: (note: Note) => void
  /** The draft was changed by the server's side: a merge, or theirs was taken. */
  onReplaced: (draft: Draft) => void
  onNews: (news: SaveNews) => void
}

export interface AutosaveOptions extends AutosaveListeners {
  id: string
  /** The note as read from the server, or nothing for a note that does not exist yet. */
  note?: Note | undefined
  /** What an earlier page could not save any more. */
  kept?: Kept | undefined
  keeper?: Keeper | undefined
  create: (note: NewNote, idempotencyKey: string) => Promise<Note>
  save: (id: string, request: SaveRequest) => Promise<SavedNote>
  read: (id: string) => Promise<Note>
  isOnline?: () => boolean
  delayMs?: number
}

const DELAY_MS = 600
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000
/** A browser's database that hangs must not keep the text from the server. */
const KEEP_PATIENCE_MS = 1000

export class Autosave {
  readonly id: string
  private readonly options: AutosaveOptions
  private lastNote: Note | undefined
  private draft: Draft
  /** What the draft is based on; its version is 0 before the note exists. */
  private base: { version: number; draft: Draft }
  private attempt: Attempt | undefined
  /** In a conflict what of ours the server has put into the history. */
  private stored: Draft | undefined
  private running: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private closed = false
  private current: SaveState

  constructor(options: AutosaveOptions) {
    this.options = { ...options }
    this.id = options.id
    this.lastNote = options.note
    const start = options.note ? pick(options.note) : { ...EMPTY }
    this.base = options.kept?.base ?? { version: options.note?.version ?? 0, draft: start }
    this.draft = options.kept?.draft ?? { ...start }
    this.attempt = options.kept?.attempt
    this.current = { phase: this.unsaved ? 'saving' : this.base.version > 0 ? 'saved' : 'empty' }
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

  /** True while the server has not acknowledged all that was typed. */
  get unsaved(): boolean {
    return this.running !== undefined || this.attempt !== undefined || !same(this.draft, this.base.draft)
  }

  get kept(): boolean {
    return this.options.keeper?.works ?? false
  }

  /** True while anything would go with this page. */
  get atRisk(): boolean {
    return this.unsaved && !this.options.keeper?.settled
  }

  edit(change: Partial<Draft>) {
    this.draft = { ...this.draft, ...change }
    void this.keep()
    if (this.current.phase === 'conflict' || this.current.phase === 'signed-out') return
    if (!this.unsaved) return this.settle()
    if (['saved', 'empty', 'rejected'].includes(this.current.phase)) this.enter({ phase: 'saving' })
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

  /** Makes the note although nothing stands in it yet: something is to be attached to it. */
  async begin(): Promise<void> {
    if (this.running) await this.running
    if (this.base.version === 0 && !this.closed) await this.run()
  }

  /** The way is free again: signed in, or back on line. */
  resume() {
    if (this.current.phase === 'conflict' || !this.unsaved) return
    if (this.current.phase === 'signed-out') this.enter({ phase: 'saving' })
    this.failures = 0
    void this.flush()
  }

  /** Ours goes on top of theirs, which stays in the history. */
  async keepMine(): Promise<void> {
    const theirs = this.conflicting()
    if (!theirs) return
    this.rest(theirs)
    this.enter({ phase: 'saving' })
    await this.flush()
    this.afterRun()
  }

  /** Theirs stays on top. What of ours the history does not have yet goes there first. */
  async keepTheirs(): Promise<void> {
    const theirs = this.conflicting()
    if (!theirs) return
    const mine = this.draft
    if (!this.stored || !same(this.stored, mine)) {
      await this.keepMine()
      if (!same(this.base.draft, mine)) return
      this.replace({ ...this.draft, title: theirs.title, body: theirs.body })
      return this.flush()
    }
    this.rest(theirs)
    this.tell(theirs)
    this.replace(pick(theirs))
    this.settle()
  }

  keepBoth(): Promise<void> {
    const theirs = this.conflicting()
    if (theirs) this.replace(joinTexts(this.draft, theirs))
    return this.keepMine()
  }

  /** The note was changed by a button, from the history, or elsewhere. With text under way the next save merges. */
  accept(note: Note, news?: SaveNews) {
    const { draft, version } = this.base
    if (note.version <= version) return
    if (sameText(note, draft)) {
      const flags = { pinned: note.pinned, archived: note.archived }
      this.base = { version: note.version, draft: { ...draft, ...flags } }
      this.replace({ ...this.draft, ...flags })
    } else {
      if (this.unsaved) return
      this.rest(note)
      this.replace(pick(note))
      this.settle()
      if (news) this.options.onNews(news)
    }
    this.tell(note)
  }

  /** The draft is wanted no longer, or lives on elsewhere: nothing here counts as unsaved. */
  abandon() {
    this.draft = this.base.draft
    this.attempt = undefined
    this.close()
  }

  close() {
    this.closed = true
    clearTimeout(this.timer)
    void this.keep()
    this.options.keeper?.release()
  }

  private conflicting(): Note | undefined {
    // Gone for good: the text is created anew by the caller, under another id.
    return this.current.phase === 'conflict' ? (this.current.theirs ?? undefined) : undefined
  }

  private keep(): Promise<void> {
    const { base, draft, attempt } = this
    const needed = attempt !== undefined || !same(draft, base.draft)
    return this.options.keeper?.put(needed ? { base, draft, attempt } : null) ?? Promise.resolve()
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
    if (!this.unsaved) this.settle()
    else if (!this.closed) this.schedule(this.options.delayMs ?? DELAY_MS)
  }

  private async send(): Promise<void> {
    if (this.current.phase !== 'retrying' && this.current.phase !== 'offline') this.enter({ phase: 'saving' })
    const { version, draft: known } = this.base
    const attempt = (this.attempt ??= { id: uuidv7(), version, draft: { ...this.draft }, fields: changed(known, this.draft) })
    await Promise.race([this.keep(), new Promise((resolve) => setTimeout(resolve, KEEP_PATIENCE_MS))])
    // Signed out meanwhile: what was dropped must not be sent any more.
    if (this.attempt !== attempt) return
    try {
      const note = attempt.version === 0 ? await this.create(attempt) : await this.update(attempt)
      if (this.attempt === attempt) this.acknowledge(note, attempt)
    } catch (error) {
      if (this.attempt === attempt) await this.fail(error, attempt)
    }
    void this.keep()
  }

  private async create({ id, draft }: Attempt): Promise<SavedNote> {
    return { ...(await this.options.create({ id: this.id, ...draft }, id)), merge: 'none' }
  }

  private update({ id, version, fields }: Attempt): Promise<SavedNote> {
    return this.options.save(this.id, { ...fields, base_version: version, save_id: id })
  }

  private acknowledge({ merge, conflict: _, ...note }: SavedNote, { draft: sent }: Attempt) {
    this.failures = 0
    if (merge === 'conflict') return this.collide(note, sent)
    // The text that was sent is the base even where the server stored it tidied up: the editor must
    // not see its own words as a change made by somebody else.
    const theirs = merge === 'clean' ? pick(note) : { ...pick(note), title: sent.title, body: sent.body }
    // Words typed since then are carried over to the merged text.
    const merged = mergeDrafts(sent, this.draft, theirs)
    if (!merged) return this.collide(note)
    this.attempt = undefined
    this.base = { version: note.version, draft: theirs }
    if (!same(merged, this.draft)) {
      if (!sameText(merged, this.draft)) this.options.onNews('merged')
      this.replace(merged)
    }
    this.enter({ phase: 'saving' })
    this.tell(note)
  }

  /** The attempt stays until somebody has chosen: a page that is loaded again asks with it, and gets the
   *  same answer. */
  private collide(theirs: Note, stored?: Draft) {
    this.stored = stored
    this.tell(theirs)
    this.enter({ phase: 'conflict', theirs })
  }

  private async fail(error: unknown, sent: Attempt) {
    if (error instanceof NetworkError) {
      const online = this.options.isOnline?.() ?? navigator.onLine
      return this.retry(online ? 'retrying' : 'offline')
    }
    if (!(error instanceof ApiError)) return this.reject(String(error))
    if (error.status === 401) return this.enter({ phase: 'signed-out' })
    // A gateway's error may hide a save that went through.
    if (error.status >= 500 || error.status === 429 || error.status === 408) return this.retry('retrying', error.retryAfterMs)
    if (error.status === 404 && sent.version > 0) return this.enter({ phase: 'conflict', theirs: null })
    if (error.code === 'id_taken') return this.createdBefore(sent)
    if (error.problem.errors?.some(({ code }) => code === 'unknown_version')) return this.readAndCollide()
    this.reject(error.message)
  }

  /** Its answer was lost so long ago that the server no longer knows the key of the creation. */
  private createdBefore(sent: Attempt) {
    this.attempt = undefined
    this.base = { version: 1, draft: sent.draft }
    this.enter({ phase: 'saving' })
  }

  /** The server was put back to an older state: what this text was based on is not there. */
  private async readAndCollide() {
    try {
      this.collide(await this.options.read(this.id))
    } catch {
      this.retry('retrying')
    }
  }

  private reject(reason: string) {
    this.attempt = undefined
    this.enter({ phase: 'rejected', reason })
  }

  private retry(phase: 'retrying' | 'offline', atLeastMs = 0) {
    const backOff = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures)
    this.failures += 1
    this.enter({ phase })
    // Jitter: a fleet that comes back must not be met by everybody in the same second.
    if (!this.closed) this.schedule(Math.max(atLeastMs, backOff * (0.75 + Math.random() / 2)))
  }

  /** From here on the draft is based on this note, and nothing is under way. */
  private rest(note: Note) {
    this.failures = 0
    this.attempt = undefined
    this.stored = undefined
    this.base = { version: note.version, draft: pick(note) }
  }

  private tell(note: Note) {
    this.lastNote = note
    this.options.onSaved(note)
  }

  private replace(draft: Draft) {
    this.draft = draft
    void this.keep()
    this.options.onReplaced(draft)
  }

  private settle() {
    clearTimeout(this.timer)
    this.failures = 0
    void this.keep()
    this.enter({ phase: this.base.version === 0 ? 'empty' : 'saved' })
  }

  private enter(state: SaveState) {
    this.current = state
    this.options.onState(state)
  }
}
