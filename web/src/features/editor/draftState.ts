// What is stored of a text until the server has it. `autosave.ts` produces it, `drafts.ts` stores it.

/** A save as it was sent. */
export interface SaveAttempt<D> {
  saveId: string
  baseVersion: number
  draft: D
  /** The fields that differ from the base: only these are sent. */
  changedFields: Partial<D>
}

/** All that another page needs to continue an interrupted autosave. */
export interface DraftState<D = object> {
  /** The version that the draft is based on; its version is 0 before the text is created. */
  base: { version: number; draft: D }
  draft: D
  /** The save whose answer is not known. */
  attempt?: SaveAttempt<D> | undefined
}

/** Stores the draft of one editor. */
export interface DraftStore<D> {
  /** `null` deletes the draft. Resolves when the newest state is stored or storing it failed. */
  put: (state: DraftState<D> | null) => Promise<void>
  /** The editor is closed; what is stored may be recovered. */
  release: () => void
  /** False after a failed write: some private windows store nothing. */
  readonly available: boolean
  /** True if the newest state is stored. */
  readonly upToDate: boolean
}
