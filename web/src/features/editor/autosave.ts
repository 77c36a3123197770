// Owns the way of one text (a note, a task) to the server: when to send, what to do when no answer comes or the
// text was changed elsewhere, and the one word that says how things stand. Refuses to know Vue, the
// network, the browser's storage and the screen.
import { ApiError, NetworkError } from '@/api/errors'
import { uuidv7 } from '@/lib/uuid'
import type { Entity, SaveRequest, SaveResult, TextSchema } from './schema'

export type SavePhase =
  | 'empty' // a new one in which nothing stands yet: nothing is created for it
  | 'saved'
  | 'saving' // changed or on its way
  | 'retrying' // no answer, or the server is in trouble: it is tried again
  | 'offline'
  | 'signed-out' // waits for resume()
  | 'rejected' // the server will never take this text as it is
  | 'conflict' // waits for keepMine(), keepTheirs() or keepBoth()

export interface SaveState<E = Entity> {
  phase: SavePhase
  /** The sentence that came with a refusal. */
  reason?: string
  /** In a conflict what stands on the server; null when it is gone for good. */
  theirs?: E | null
}

/** What came from another device: into text under way, or into one that was only looked at. */
export type SaveNews = 'merged' | 'updated'

/** A save as it was sent: repeated word by word until it is answered, or the server could take the
 *  repetition for somebody else's change. */
interface Attempt<D> {
  id: string
  version: number
  draft: D
  fields: Partial<D>
}

/** All that is needed to go on after the page went away. */
export interface Kept<D = object> {
  base: { version: number; draft: D }
  draft: D
  attempt?: Attempt<D> | undefined
}

/** Where a draft outlives the page; `null` takes it away. */
export interface Keeper<D> {
  put: (kept: Kept<D> | null) => Promise<void>
  release: () => void
  /** Whether this browser keeps anything at all. */
  readonly works: boolean
  /** Whether it has the newest. */
  readonly settled: boolean
}

export interface AutosaveListeners<E, D> {
  onState: (state: SaveState<E>) => void
  onSaved: (entity: E) => void
  /** The draft was changed by the server's side: a merge, or theirs was taken. */
  onReplaced: (draft: D) => void
  onNews: (news: SaveNews) => void
}

export interface AutosaveOptions<E extends Entity & D, D extends object> extends AutosaveListeners<E, D> {
  id: string
  schema: TextSchema<D>
  /** As read from the server, or nothing for one that does not exist yet. */
  entity?: E | undefined
  /** What an earlier page could not save any more. */
  kept?: Kept<D> | undefined
  keeper?: Keeper<D> | undefined
  create: (fresh: D & { id: string }, idempotencyKey: string) => Promise<E>
  save: (id: string, request: SaveRequest<D>) => Promise<SaveResult<E>>
  read: (id: string) => Promise<E>
  isOnline?: () => boolean
  delayMs?: number
}

const DELAY_MS = 600
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000
/** A browser's database that hangs must not keep the text from the server. */
const KEEP_PATIENCE_MS = 1000

export class Autosave<E extends Entity & D, D extends object> {
  readonly id: string
  private readonly schema: TextSchema<D>
  private readonly options: AutosaveOptions<E, D>
  private last: E | undefined
  private draft: D
  /** What the draft is based on; its version is 0 before there is anything. */
  private base: { version: number; draft: D }
  private attempt: Attempt<D> | undefined
  /** In a conflict what of ours the server has put into the history. */
  private stored: D | undefined
  private running: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private closed = false
  private current: SaveState<E>

  constructor(options: AutosaveOptions<E, D>) {
    this.options = { ...options }
    this.id = options.id
    this.last = options.entity
    this.schema = options.schema
    const start = options.entity ? this.schema.pick(options.entity) : this.schema.empty()
    this.base = options.kept?.base ?? { version: options.entity?.version ?? 0, draft: start }
    this.draft = options.kept?.draft ?? { ...start }
    this.attempt = options.kept?.attempt
    this.current = { phase: this.unsaved ? 'saving' : this.base.version > 0 ? 'saved' : 'empty' }
  }

  get state(): SaveState<E> {
    return this.current
  }

  get text(): D {
    return this.draft
  }

  /** As the server last told it; nothing before it exists. */
  get entity(): E | undefined {
    return this.last
  }

  /** Hands the running save to another audience: the editor was left, or opened again. */
  listen(listeners: AutosaveListeners<E, D>) {
    Object.assign(this.options, listeners)
  }

  /** True while the server has not acknowledged all that was typed. */
  get unsaved(): boolean {
    return this.running !== undefined || this.attempt !== undefined || !this.schema.same(this.draft, this.base.draft)
  }

  get kept(): boolean {
    return this.options.keeper?.works ?? false
  }

  /** True while anything would go with this page. */
  get atRisk(): boolean {
    return this.unsaved && !this.options.keeper?.settled
  }

  edit(change: Partial<D>) {
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
    if (!this.stored || !this.schema.same(this.stored, mine)) {
      await this.keepMine()
      if (!this.schema.same(this.base.draft, mine)) return
      this.replace({ ...this.draft, ...this.schema.texts(theirs) })
      return this.flush()
    }
    this.rest(theirs)
    this.tell(theirs)
    this.replace(this.schema.pick(theirs))
    this.settle()
  }

  keepBoth(): Promise<void> {
    const theirs = this.conflicting()
    if (theirs) this.replace(this.schema.join(this.draft, theirs))
    return this.keepMine()
  }

  /** It was changed by a button, from the history, or elsewhere. With text under way the next save merges. */
  accept(entity: E, news?: SaveNews) {
    const { draft, version } = this.base
    if (entity.version <= version) return
    if (this.schema.sameText(entity, draft)) {
      const flags = this.schema.flags(entity)
      this.base = { version: entity.version, draft: { ...draft, ...flags } }
      this.replace({ ...this.draft, ...flags })
    } else {
      if (this.unsaved) return
      this.rest(entity)
      this.replace(this.schema.pick(entity))
      this.settle()
      if (news) this.options.onNews(news)
    }
    this.tell(entity)
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

  private conflicting(): E | undefined {
    // Gone for good: the text is created anew by the caller, under another id.
    return this.current.phase === 'conflict' ? (this.current.theirs ?? undefined) : undefined
  }

  private keep(): Promise<void> {
    const { base, draft, attempt } = this
    const needed = attempt !== undefined || !this.schema.same(draft, base.draft)
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
    const attempt = (this.attempt ??= {
      id: uuidv7(),
      version,
      draft: { ...this.draft },
      fields: this.schema.changed(known, this.draft),
    })
    await Promise.race([this.keep(), new Promise((resolve) => setTimeout(resolve, KEEP_PATIENCE_MS))])
    // Signed out meanwhile: what was dropped must not be sent any more.
    if (this.attempt !== attempt) return
    try {
      const saved = attempt.version === 0 ? await this.create(attempt) : await this.update(attempt)
      if (this.attempt === attempt) this.acknowledge(saved, attempt)
    } catch (error) {
      if (this.attempt === attempt) await this.fail(error, attempt)
    }
    void this.keep()
  }

  private async create({ id, draft }: Attempt<D>): Promise<SaveResult<E>> {
    return { ...(await this.options.create({ id: this.id, ...draft }, id)), merge: 'none' }
  }

  private update({ id, version, fields }: Attempt<D>): Promise<SaveResult<E>> {
    return this.options.save(this.id, { ...fields, base_version: version, save_id: id })
  }

  private acknowledge({ merge, conflict: _, ...rest }: SaveResult<E>, { draft: sent }: Attempt<D>) {
    const entity = rest as unknown as E
    this.failures = 0
    if (merge === 'conflict') return this.collide(entity, sent)
    // The text that was sent is the base even where the server stored it tidied up: the editor must
    // not see its own words as a change made by somebody else.
    const theirs =
      merge === 'clean' ? this.schema.pick(entity) : { ...this.schema.pick(entity), ...this.schema.texts(sent) }
    // Words typed since then are carried over to the merged text.
    const merged = this.schema.merge(sent, this.draft, theirs)
    if (!merged) return this.collide(entity)
    this.attempt = undefined
    this.base = { version: entity.version, draft: theirs }
    if (!this.schema.same(merged, this.draft)) {
      if (!this.schema.sameText(merged, this.draft)) this.options.onNews('merged')
      this.replace(merged)
    }
    this.enter({ phase: 'saving' })
    this.tell(entity)
  }

  /** The attempt stays until somebody has chosen: a page that is loaded again asks with it, and gets the
   *  same answer. */
  private collide(theirs: E, stored?: D) {
    this.stored = stored
    this.tell(theirs)
    this.enter({ phase: 'conflict', theirs })
  }

  private async fail(error: unknown, sent: Attempt<D>) {
    if (error instanceof NetworkError) {
      const online = this.options.isOnline?.() ?? navigator.onLine
      return this.retry(online ? 'retrying' : 'offline')
    }
    if (!(error instanceof ApiError)) return this.reject(String(error))
    if (error.status === 401) return this.enter({ phase: 'signed-out' })
    // A gateway's error may hide a save that went through.
    if (error.status >= 500 || error.status === 429 || error.status === 408)
      return this.retry('retrying', error.retryAfterMs)
    if (error.status === 404 && sent.version > 0) return this.enter({ phase: 'conflict', theirs: null })
    if (error.code === 'id_taken') return this.createdBefore(sent)
    if (error.problem.errors?.some(({ code }) => code === 'unknown_version')) return this.readAndCollide()
    this.reject(error.message)
  }

  /** Its answer was lost so long ago that the server no longer knows the key of the creation. */
  private createdBefore(sent: Attempt<D>) {
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

  /** From here on the draft is based on this, and nothing is under way. */
  private rest(entity: E) {
    this.failures = 0
    this.attempt = undefined
    this.stored = undefined
    this.base = { version: entity.version, draft: this.schema.pick(entity) }
  }

  private tell(entity: E) {
    this.last = entity
    this.options.onSaved(entity)
  }

  private replace(draft: D) {
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

  private enter(state: SaveState<E>) {
    this.current = state
    this.options.onState(state)
  }
}
