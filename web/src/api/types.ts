// Short names for the types of the API, which are generated from the OpenAPI spec.
import type { components, operations } from './schema.gen'

export type { paths } from './schema.gen'

type Schemas = components['schemas']

export type User = Schemas['Account']
export type ProfilePatch = Schemas['ProfilePatch']
export type TokenGrant = Schemas['SignedIn']
export type Session = Schemas['SessionView']
export type ApiKey = Schemas['ApiKeyView']
export type CreatedApiKey = Schemas['CreatedApiKey']
export type NewApiKey = Schemas['NewApiKey']
export type TotpEnrolment = Schemas['TotpEnrolment']
/** The password, and a code if two-factor authentication is on. */
export type Proof = Schemas['Reauthentication']
export type Note = Schemas['Note']
export type NoteSummary = Schemas['NoteSummary']
export type NotePage = Schemas['NotePage']
export type NewNote = Schemas['NewNote']
export type NotePatch = Schemas['NotePatch']
export type SavedNote = Schemas['SavedNote']
export type Revision = Schemas['Revision']
export type RevisionPage = Schemas['RevisionPage']
export type RevisionText = Schemas['RevisionText']
export type RevisionDifference = Schemas['Difference']
export type NoteQuery = NonNullable<operations['notes.list']['parameters']['query']>
export type NoteLabels = Pick<Note, 'notebook_id' | 'tags'>
export type Notebook = Schemas['Notebook']
export type Tag = Schemas['Tag']
export type Change = Schemas['Change']
export type ChangePage = Schemas['ChangePage']
export type NoteSort = NonNullable<NoteQuery['sort']>
/** The file as a note shows it. */
export type Attachment = Schemas['Attachment']
export type StoredFile = Schemas['File']
export type FilePage = Schemas['FilePage']
export type FilePatch = Schemas['FilePatch']
export type FileLink = Schemas['Link']
export type FileQuery = NonNullable<operations['files.list']['parameters']['query']>
export type FileSort = NonNullable<FileQuery['sort']>
export type FileFamily = NonNullable<FileQuery['type']>
export type UsedInPage = Schemas['UsedInPage']
export type StorageUse = Schemas['Space']
export type BatchKind = Schemas['BatchKind']
export type BatchAction = Schemas['BatchAction']
export type NewBatch = Schemas['NewBatch']
export type Batch = Schemas['BatchDone']
export type Task = Schemas['Task']
export type TaskSummary = Schemas['TaskSummary']
export type TaskPage = Schemas['TaskPage']
export type NewTask = Schemas['NewTask']
export type TaskPatch = Schemas['TaskPatch']
export type SavedTask = Schemas['SavedTask']
export type TaskStatus = TaskSummary['status']
export type TaskQuery = NonNullable<operations['tasks.list']['parameters']['query']>
export type TaskSort = NonNullable<TaskQuery['sort']>
export type SmartList = NonNullable<TaskQuery['smart']>
export type TaskList = Schemas['TaskList']
export type SavedView = Schemas['View']

/** `current` is the stored version that a save was rejected for: on notes a note. */
export type Problem = Omit<Schemas['Problem'], 'current'> & { current?: Note | null }
