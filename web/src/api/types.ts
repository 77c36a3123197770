// Owns the short names of the shapes this page exchanges with the server. Refuses shapes of its own:
// all of them come from the server's document.
import type { components, operations } from './schema.gen'

export type { paths } from './schema.gen'

type Schemas = components['schemas']

export type User = Schemas['Account']
export type TokenGrant = Schemas['SignedIn']
export type Session = Schemas['SessionView']
export type ApiKey = Schemas['ApiKeyView']
export type CreatedApiKey = Schemas['CreatedApiKey']
export type NewApiKey = Schemas['NewApiKey']
export type TotpEnrolment = Schemas['TotpEnrolment']
/** The password, and a code where the account has a second factor. */
export type Proof = Schemas['Reauthentication']
export type Note = Schemas['Note'] & NoteMore
export type NoteSummary = Schemas['NoteSummary'] & NoteMore
export type NotePage = Omit<Schemas['NotePage'], 'items'> & { items: NoteSummary[] }
export type NewNote = Schemas['NewNote'] & Partial<NoteLabels>
export type NotePatch = Schemas['NotePatch']
export type NoteQuery = NonNullable<operations['notes.list']['parameters']['query']>
export type NoteSort = NonNullable<NoteQuery['sort']>

/** `current` is whatever was refused in favour of; on notes that is a note. */
export type Problem = Omit<Schemas['Problem'], 'current'> & { current?: Note | null }

/** What a note belongs to. */
export interface NoteLabels {
  notebook_id: string | null
  tags: string[]
}

/** Not in the document yet; goes when it is. */
interface NoteMore extends NoteLabels {
  checklist: { open: number; total: number }
  /** When the trash drops it; null outside of the trash. */
  purge_at: string | null
}
