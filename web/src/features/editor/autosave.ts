// Autosave of one text: when to send, how to retry, and what to do if the text changed elsewhere. It does not depend on
// Vue, the network or the browser's storage; `useText.ts` connects it to them.
//
// Stale saves. Every save names the version it is based on. If the text changed since, the server merges both changes
// (`merge: 'clean'`), or, if both changed the same words, rejects the sent text into the history (`merge: 'conflict'`).
// So no save overwrites a change that its author has not seen.
//
// Repeated saves. When no answer arrives, the server may or may not have applied the save. A second save with the same
// content would then be a change on top of a newer version. Therefore one attempt is sent at a time, and it is repeated
// with the same save id and the same content until it is answered; the server answers a known save id from its record.
// The attempt is stored with the draft before it is sent, so that the next page repeats it too after a crash. Text typed
// in the meantime goes into the next attempt.
import { ApiError, NetworkError } from '@/api/errors'
import { uuidv7 } from '@/lib/uuid'
import type { DraftState, DraftStore, SaveAttempt } from './draftState'
import type { Entity, SaveRequest, SaveResult, TextSchema } from './schema'

export type SavePhase =
  | 'empty' // new and without text: not created on the server
  | 'saved'
  | 'saving' // changed, or a request is pending
  | 'retrying' // no answer, or a server error
  | 'offline'
  | 'signed-out' // waits for resume()
  | 'rejected' // a validation error: sent again after the next edit
  | 'conflict' // waits for keepMine(), keepTheirs() or keepBoth()

export interface SaveState<E = Entity> {
  phase: SavePhase
  /** The server's message for `rejected`. */
  reason?: string
  /** The server's text in a conflict; null if it was deleted permanently. */
  theirs?: E | null
}

/** A change from elsewhere: merged into unsaved text, or shown because nothing was unsaved. */
export type RemoteUpdate = 'merged' | 'updated'

export interface AutosaveListeners<E, D> {
  onState: (state: SaveState<E>) => void
  /** Called with every newer entity: answers to saves, and entities given to accept(). */
  onEntity: (entity: E) => void
  /** The draft changed other than by edit(). */
  onDraft: (draft: D) => void
  onRemoteUpdate: (update: RemoteUpdate) => void
}

export interface AutosaveOptions<E extends Entity & D, D extends object> extends AutosaveListeners<E, D> {
  id: string
  schema: TextSchema<D>
  /** As read from the server; undefined for a text that is not created yet. */
  entity?: E | undefined
  /** Recovered from an earlier page. */
  recovered?: DraftState<D> | undefined
  store?: DraftStore<D> | undefined
  create: (fresh: D & { id: string }, idempotencyKey: string) => Promise<E>
  save: (id: string, request: SaveRequest<D>) => Promise<SaveResult<E>>
  read: (id: string) => Promise<E>
  isOnline?: () => boolean
  debounceMs?: number
}

const DEBOUNCE_MS = 600
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 30_000
/** A browser database that does not answer must not delay a save for longer. */
const STORE_TIMEOUT_MS = 1000

export class Autosave<E extends Entity & D, D extends object> {
  readonly id: string
  private readonly schema: TextSchema<D>
  private readonly options: AutosaveOptions<E, D>
  private latest: E | undefined
  private draft: D
  private base: DraftState<D>['base']
  private attempt: SaveAttempt<D> | undefined
  /** In a conflict: our text that the server has put into the history. */
  private rejectedDraft: D | undefined
  private running: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private closed = false
  private currentState: SaveState<E>

  constructor(options: AutosaveOptions<E, D>) {
    this.options = { ...options }
    this.id = options.id
    this.latest = options.entity
    this.schema = options.schema
    const initial = options.entity ? this.schema.pick(options.entity) : this.schema.empty()
    this.base = options.recovered?.base ?? { version: options.entity?.version ?? 0, draft: initial }
    this.draft = options.recovered?.draft ?? { ...initial }
    this.attempt = options.recovered?.attempt
    this.currentState = { phase: this.unsaved ? 'saving' : this.base.version > 0 ? 'saved' : 'empty' }
  }

  get state(): SaveState<E> {
    return this.currentState
  }

  get text(): D {
    return this.draft
  }

  /** The newest from the server; undefined before it is created. */
  get entity(): E | undefined {
    return this.latest
  }

  /** Replaces the listeners: the editor was closed or opened again while a save is pending. */
  listen(listeners: AutosaveListeners<E, D>) {
    Object.assign(this.options, listeners)
  }

  /** True until the server has acknowledged every edit. */
  get unsaved(): boolean {
    return this.running !== undefined || this.attempt !== undefined || !this.schema.same(this.draft, this.base.draft)
  }

  /** True if this browser can store the draft. */
  get canStore(): boolean {
    return this.options.store?.available ?? false
  }

  /** True if closing the page would lose text. */
  get atRisk(): boolean {
    return this.unsaved && !this.options.store?.upToDate
  }

  edit(change: Partial<D>) {
    this.draft = { ...this.draft, ...change }
    void this.storeDraft()
    const { phase } = this.currentState
    if (phase === 'conflict' || phase === 'signed-out') return
    if (!this.unsaved) return this.markSaved()
    if (phase === 'saved' || phase === 'empty' || phase === 'rejected') this.setState({ phase: 'saving' })
    // A retry that is scheduled is followed by a save of the newer text.
    if (this.failures === 0) this.schedule(this.options.debounceMs ?? DEBOUNCE_MS)
  }

  /** Saves at once; resolves when the save succeeded or failed. */
  async flush(): Promise<void> {
    clearTimeout(this.timer)
    if (this.currentState.phase === 'conflict' || this.currentState.phase === 'signed-out') return
    if (this.running) await this.running
    if (this.unsaved && !this.closed) await this.run()
  }

  /** Creates an empty text on the server: a file can only be attached to an existing one. */
  async ensureCreated(): Promise<void> {
    if (this.running) await this.running
    if (this.base.version === 0 && !this.closed) await this.run()
  }

  /** Call after sign-in and when the browser is online again. */
  resume() {
    if (this.currentState.phase === 'conflict' || !this.unsaved) return
    if (this.currentState.phase === 'signed-out') this.setState({ phase: 'saving' })
    this.failures = 0
    void this.flush()
  }

  /** Saves our text on top of theirs, which stays in the history. */
  async keepMine(): Promise<void> {
    const theirs = this.conflictingEntity()
    if (!theirs) return
    this.rebase(theirs)
    this.setState({ phase: 'saving' })
    await this.flush()
    this.afterRun()
  }

  /** The server put our text into the history when it reported the conflict. Text typed since then is not there: it is
   *  saved first, as a version of its own, and theirs on top of it, so that both can be restored. */
  async keepTheirs(): Promise<void> {
    const theirs = this.conflictingEntity()
    if (!theirs) return
    const ours = this.draft
    if (!this.rejectedDraft || !this.schema.same(this.rejectedDraft, ours)) {
      await this.keepMine()
      if (!this.schema.same(this.base.draft, ours)) return
      this.replaceDraft({ ...this.draft, ...this.schema.texts(theirs) })
      return this.flush()
    }
    this.rebase(theirs)
    this.publish(theirs)
    this.replaceDraft(this.schema.pick(theirs))
    this.markSaved()
  }

  keepBoth(): Promise<void> {
    const theirs = this.conflictingEntity()
    if (theirs) this.replaceDraft(this.schema.join(this.draft, theirs))
    return this.keepMine()
  }

  /** Takes over a version that was not made by this autosave: from a button, the history or another device. If text is
   *  unsaved and theirs differs, nothing happens here: the server merges the next save. */
  accept(entity: E, update?: RemoteUpdate) {
    const { draft, version } = this.base
    if (entity.version <= version) return
    if (this.schema.sameText(entity, draft)) {
      const flags = this.schema.flags(entity)
      this.base = { version: entity.version, draft: { ...draft, ...flags } }
      this.replaceDraft({ ...this.draft, ...flags })
    } else {
      if (this.unsaved) return
      this.rebase(entity)
      this.replaceDraft(this.schema.pick(entity))
      this.markSaved()
      if (update) this.options.onRemoteUpdate(update)
    }
    this.publish(entity)
  }

  /** Drops unsaved text, here and in the store. */
  discard() {
    this.draft = this.base.draft
    this.attempt = undefined
    this.close()
  }

  close() {
    this.closed = true
    clearTimeout(this.timer)
    void this.storeDraft()
    this.options.store?.release()
  }

  /** Undefined also if theirs was deleted: then the caller creates the text under another id. */
  private conflictingEntity(): E | undefined {
    return this.currentState.phase === 'conflict' ? (this.currentState.theirs ?? undefined) : undefined
  }

  private storeDraft(): Promise<void> {
    const { base, draft, attempt } = this
    const needed = attempt !== undefined || !this.schema.same(draft, base.draft)
    return this.options.store?.put(needed ? { base, draft, attempt } : null) ?? Promise.resolve()
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
    if (this.currentState.phase !== 'saving') return
    if (!this.unsaved) this.markSaved()
    else if (!this.closed) this.schedule(this.options.debounceMs ?? DEBOUNCE_MS)
  }

  private async send(): Promise<void> {
    const { phase } = this.currentState
    if (phase !== 'retrying' && phase !== 'offline') this.setState({ phase: 'saving' })
    const attempt = (this.attempt ??= {
      saveId: uuidv7(),
      baseVersion: this.base.version,
      draft: { ...this.draft },
      changedFields: this.schema.changed(this.base.draft, this.draft),
    })
    await Promise.race([this.storeDraft(), new Promise((resolve) => setTimeout(resolve, STORE_TIMEOUT_MS))])
    // The user signed out while the draft was being stored.
    if (this.attempt !== attempt) return
    try {
      const result = attempt.baseVersion === 0 ? await this.create(attempt) : await this.update(attempt)
      if (this.attempt === attempt) this.acknowledge(result, attempt)
    } catch (error) {
      if (this.attempt === attempt) await this.handleError(error, attempt)
    }
    void this.storeDraft()
  }

  private async create({ saveId, draft }: SaveAttempt<D>): Promise<SaveResult<E>> {
    return { ...(await this.options.create({ id: this.id, ...draft }, saveId)), merge: 'none' }
  }

  private update({ saveId, baseVersion, changedFields }: SaveAttempt<D>): Promise<SaveResult<E>> {
    return this.options.save(this.id, { ...changedFields, base_version: baseVersion, save_id: saveId })
  }

  private acknowledge({ merge, conflict: _, ...rest }: SaveResult<E>, { draft: sent }: SaveAttempt<D>) {
    const entity = rest as unknown as E
    this.failures = 0
    if (merge === 'conflict') return this.enterConflict(entity, sent)
    // Without a merge the new base is the text as sent, not as stored: the server may normalize it, and that difference
    // would look like a change from elsewhere and be merged into the text under the cursor.
    const theirs =
      merge === 'clean' ? this.schema.pick(entity) : { ...this.schema.pick(entity), ...this.schema.texts(sent) }
    // Text typed while the request was pending is applied to the server's merge.
    const merged = this.schema.merge(sent, this.draft, theirs)
    if (!merged) return this.enterConflict(entity)
    this.attempt = undefined
    this.base = { version: entity.version, draft: theirs }
    if (!this.schema.same(merged, this.draft)) {
      if (!this.schema.sameText(merged, this.draft)) this.options.onRemoteUpdate('merged')
      this.replaceDraft(merged)
    }
    this.setState({ phase: 'saving' })
    this.publish(entity)
  }

  /** The attempt stays until the user has chosen: after a reload the same save id gets the same answer, and the conflict
   *  is shown again. */
  private enterConflict(theirs: E, rejectedDraft?: D) {
    this.rejectedDraft = rejectedDraft
    this.publish(theirs)
    this.setState({ phase: 'conflict', theirs })
  }

  private async handleError(error: unknown, attempt: SaveAttempt<D>) {
    if (error instanceof NetworkError) {
      const online = this.options.isOnline?.() ?? navigator.onLine
      return this.retry(online ? 'retrying' : 'offline')
    }
    if (!(error instanceof ApiError)) return this.reject(String(error))
    if (error.status === 401) return this.setState({ phase: 'signed-out' })
    // After a 5xx of a proxy the save may have been applied.
    if (error.status >= 500 || error.status === 429 || error.status === 408)
      return this.retry('retrying', error.retryAfterMs)
    if (error.status === 404 && attempt.baseVersion > 0) return this.setState({ phase: 'conflict', theirs: null })
    if (error.code === 'id_taken') return this.continueAfterCreation(attempt)
    if (error.problem.errors?.some(({ code }) => code === 'unknown_version')) return this.conflictWithCurrent()
    this.reject(error.message)
  }

  /** The creation succeeded, its answer was lost, and the server no longer knows its idempotency key. */
  private continueAfterCreation(attempt: SaveAttempt<D>) {
    this.attempt = undefined
    this.base = { version: 1, draft: attempt.draft }
    this.setState({ phase: 'saving' })
  }

  /** The server was restored from a backup and does not have the base version. */
  private async conflictWithCurrent() {
    try {
      this.enterConflict(await this.options.read(this.id))
    } catch {
      this.retry('retrying')
    }
  }

  private reject(reason: string) {
    this.attempt = undefined
    this.setState({ phase: 'rejected', reason })
  }

  private retry(phase: 'retrying' | 'offline', minDelayMs = 0) {
    const backoff = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures)
    this.failures += 1
    this.setState({ phase })
    // Jitter of ±25 %: clients must not all retry in the second in which the server is back.
    if (!this.closed) this.schedule(Math.max(minDelayMs, backoff * (0.75 + Math.random() / 2)))
  }

  private rebase(entity: E) {
    this.failures = 0
    this.attempt = undefined
    this.rejectedDraft = undefined
    this.base = { version: entity.version, draft: this.schema.pick(entity) }
  }

  private publish(entity: E) {
    this.latest = entity
    this.options.onEntity(entity)
  }

  private replaceDraft(draft: D) {
    this.draft = draft
    void this.storeDraft()
    this.options.onDraft(draft)
  }

  private markSaved() {
    clearTimeout(this.timer)
    this.failures = 0
    void this.storeDraft()
    this.setState({ phase: this.base.version === 0 ? 'empty' : 'saved' })
  }

  private setState(state: SaveState<E>) {
    this.currentState = state
    this.options.onState(state)
  }
}
