// In-memory mock of the server for screenshots: the built page with its Content-Security-Policy, and the API typed by the
// OpenAPI spec.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Note, NotePatch, TokenGrant } from '../../src/api/types'
import type { SaveRequest } from '../../src/features/editor/schema'
import type { NoteDraft } from '../../src/features/notes/schema'
import { answerFiles, answerRaw, attach, exampleFiles, isRaw, type MockFiles } from './files'
import { answerHistory, saveOnBase, type Histories } from './history'
import { answerAccount, exampleKeys, problem, USER, type MockAccount, type Reply } from './account'
import {
  answerCollections,
  checklist,
  EVENTS,
  isCollections,
  exampleCollections,
  type MockCollections,
} from './collections'
import { answerTasks, exampleTasks, isTasks, type MockTasks } from './tasks'

export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

/** State that a screenshot may set. */
export interface MockState extends MockAccount {
  notes: Map<string, Note>
  histories: Histories
  collections: MockCollections
  fileData: MockFiles
  taskData: MockTasks
  signedIn: boolean
  expired: boolean
  failSaves: number
}

export async function startMock(
  dist: string,
  port: number,
): Promise<{ url: string; state: MockState; stop: () => Promise<void> }> {
  const state: MockState = {
    notes: new Map(),
    histories: new Map(),
    collections: exampleCollections(new Map()),
    fileData: exampleFiles(),
    taskData: exampleTasks(),
    signedIn: false,
    expired: false,
    failSaves: 0,
    user: USER,
    keys: exampleKeys(),
  }
  const server: Server = createServer((request, response) => void handle(state, dist, request, response))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { url, state, stop }
}

async function handle(state: MockState, dist: string, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://mock')
  if (!url.pathname.startsWith('/api/v1/')) return file(dist, url.pathname, response)
  if (url.pathname === '/api/v1/events')
    return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(EVENTS)
  if (isRaw(url.pathname)) return answerRaw(state, request, url, response)
  const body = (await readBody(request)) as Record<string, unknown>
  const reply = answer(state, request, url, body)
  const json = reply.body === undefined ? '' : JSON.stringify(reply.body)
  const type = reply.status >= 400 ? 'application/problem+json' : 'application/json'
  response
    .writeHead(reply.status, {
      ...(json ? { 'content-type': type } : {}),
      'cache-control': 'no-store',
      ...reply.headers,
    })
    .end(json)
}

async function file(dist: string, path: string, response: ServerResponse) {
  const name = path === '/api/docs' ? '/docs.html' : extname(path) ? path : '/index.html'
  const source = path === '/api/openapi.json' ? join(dist, '../../docs/openapi.json') : join(dist, name)
  try {
    const bytes = await readFile(source)
    response
      .writeHead(200, { 'content-type': TYPES[extname(source)] ?? 'text/plain', 'content-security-policy': POLICY })
      .end(bytes)
  } catch {
    response.writeHead(404).end()
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {}
}

function answer(state: MockState, request: IncomingMessage, url: URL, body: Record<string, unknown>): Reply {
  const [resource, id, action, ...rest] = url.pathname.slice('/api/v1/'.length).split('/')
  if (resource === 'auth') return account(state, id ?? '', body)
  if (state.expired || !request.headers.authorization) return problem(401, 'unauthorized', 'Sign in first.')
  if (resource === 'me' && id === 'storage') return { status: 200, body: state.fileData.storage }
  if (resource === 'files') return answerFiles(state, request.method ?? 'GET', [id, action], url.searchParams, body)
  if (resource === 'me') return answerAccount(state, request.method ?? 'GET', [id, action], body)
  if (isTasks(resource))
    return answerTasks(state.taskData, request.method ?? 'GET', [resource, id, action], url.searchParams, body)
  if (isCollections(resource))
    return answerCollections(state, request.method ?? 'GET', [resource, id, action], url.searchParams, body)
  if (resource !== 'notes') return problem(404, 'not_found', 'Not found.')
  if (!id) return request.method === 'POST' ? create(state, body) : list(state, url.searchParams)
  const note = state.notes.get(id)
  if (!note) return problem(404, 'not_found', 'Not found.')
  if (action === 'attachments') return attach(state, note, request.method ?? 'PUT', rest[0] ?? '')
  if (action === 'revisions') return answerHistory(state.histories, note, request.method ?? 'GET', rest, storing(state))
  if (action === 'restore') return store(state, { ...note, deleted_at: null, purge_at: null })
  if (request.method === 'DELETE') return remove(state, note, url)
  if (request.method === 'PATCH') return update(state, note, request, body)
  return { status: 200, body: note }
}

function account(state: MockState, action: string, body: Record<string, unknown>): Reply {
  if (action === 'register') {
    if (body.username === 'taken') return problem(409, 'username_taken', 'This user name is taken.')
    if (String(body.password).length < 10) {
      const errors = [{ field: 'password', code: 'too_short', detail: 'Use at least 10 characters.' }]
      return problem(422, 'invalid', 'Some fields are not right.', { errors })
    }
    return { status: 201, body: { username: body.username, email: body.email } }
  }
  if (action === 'verify-email')
    return body.code === '123456'
      ? { status: 204 }
      : problem(403, 'code_invalid', 'The code is not right.', {
          errors: [{ field: 'code', code: 'code_invalid', detail: 'The code is not right.' }],
        })
  if (action === 'resend-code' || action === 'forgot-password') return { status: 202 }
  if (action === 'reset-password') {
    if (body.token !== 'spent') return { status: 204 }
    return problem(403, 'token_invalid', 'Used.', {
      errors: [{ field: 'token', code: 'token_invalid', detail: 'Used.' }],
    })
  }
  if (action === 'logout' || action === 'logout-all') {
    state.signedIn = false
    return { status: 204 }
  }
  if (action === 'login') {
    if (body.password === 'wrong') return problem(401, 'invalid_credentials', 'Wrong.')
    if (body.login === 'two-factor' && !body.code) return problem(401, 'mfa_required', 'Enter a code.')
    if (body.code === '000000') return problem(401, 'mfa_required', 'This code is wrong.')
    state.signedIn = true
    state.expired = false
  }
  if (!state.signedIn || state.expired) return problem(401, 'unauthorized', 'No session.')
  const grant: TokenGrant = { access_token: 'mock', token_type: 'Bearer', expires_in: 600, user: state.user }
  return { status: 200, body: grant }
}

function list(state: MockState, query: URLSearchParams): Reply {
  const q = (query.get('q') ?? '').toLowerCase()
  const sort = query.get('sort') ?? 'updated'
  const key = sort === 'created' ? 'created_at' : 'updated_at'
  const trashed = query.get('trashed') === 'true'
  const items = [...state.notes.values()]
    .filter(
      (note) =>
        Boolean(note.deleted_at) === trashed && (trashed || note.archived === (query.get('archived') === 'true')),
    )
    .filter((note) => !q || `${note.title}\n${note.body}`.toLowerCase().includes(q))
    .filter((note) => !query.has('pinned') || note.pinned === (query.get('pinned') === 'true'))
    .filter((note) => !query.has('notebook') || (note.notebook_id ?? 'none') === query.get('notebook'))
    .filter(
      (note) => !query.has('tag') || note.tags.some((tag) => tag.toLowerCase() === query.get('tag')!.toLowerCase()),
    )
    .sort((a, b) => (sort === 'title' ? a.title.localeCompare(b.title) : b[key].localeCompare(a[key])))
  const start = Number(query.get('cursor') ?? 0)
  const end = start + Number(query.get('limit') ?? 50)
  const page = items.slice(start, end).map(({ body: _, ...summary }) => summary)
  return { status: 200, body: { items: page, next_cursor: end < items.length ? String(end) : null } }
}

export function makeNote(note: Partial<Note> & { id: string }): Note {
  const now = new Date().toISOString()
  const base: Note = {
    version: 1,
    title: '',
    body: '',
    excerpt: '',
    pinned: false,
    archived: false,
    notebook_id: null,
    tags: [],
    attachments: [],
    checklist: { open: 0, total: 0 },
    created_at: now,
    updated_at: now,
    deleted_at: null,
    purge_at: null,
    ...note,
  }
  return { ...base, excerpt: excerpt(base.body), checklist: checklist(base.body) }
}

function excerpt(body: string): string {
  return body
    .replace(/[#*`>[\]|_-]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 160)
}

function store(state: MockState, note: Note): Reply {
  const stored = {
    ...note,
    version: note.version + 1,
    excerpt: excerpt(note.body),
    checklist: checklist(note.body),
    updated_at: new Date().toISOString(),
  }
  state.notes.set(stored.id, stored)
  return { status: 200, body: stored, headers: { etag: `"v${stored.version}"` } }
}

/** Stores a note and returns it. */
const storing = (state: MockState) => (note: Note) => store(state, note).body as Note

function create(state: MockState, body: Record<string, unknown>): Reply {
  if (state.failSaves-- > 0) return problem(503, 'unavailable', 'Try again.')
  const note = makeNote(body as Partial<Note> & { id: string })
  state.notes.set(note.id, note)
  return { status: 201, body: note, headers: { etag: `"v${note.version}"` } }
}

function update(state: MockState, note: Note, request: IncomingMessage, body: NotePatch): Reply {
  if (state.failSaves-- > 0) return problem(503, 'unavailable', 'Try again.')
  if ('base_version' in body) return saveOnBase(state.histories, note, body as SaveRequest<NoteDraft>, storing(state))
  if (request.headers['if-match'] !== `"v${note.version}"`) {
    return problem(412, 'stale', 'The note has changed.', { current: note })
  }
  return store(state, { ...note, ...body })
}

function remove(state: MockState, note: Note, url: URL): Reply {
  if (url.searchParams.get('permanent') === 'true') {
    state.notes.delete(note.id)
    return { status: 204 }
  }
  const { body } = answerCollections(state, 'POST', ['batch'], url.searchParams, {
    kind: 'note',
    ids: [note.id],
    action: 'delete',
  })
  return { status: 204, headers: { 'X-Batch-Id': (body as { id: string }).id } }
}
