// The files of the mock server: lists, generated images, and uploads that are counted but not stored.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { crc32, deflateSync } from 'node:zlib'
import type { Batch, FileFamily, NewBatch, Note, StorageUse, StoredFile } from '../../src/api/types'
import { problem, type Reply } from './account'

export interface MockFiles {
  files: Map<string, StoredFile>
  uploads: Map<string, { name: string; size: number; offset: number }>
  storage: StorageUse
  /** Chunks are not answered, so uploads never finish. */
  stall: boolean
}

interface World {
  notes: Map<string, Note>
  fileData: MockFiles
}

const DAY = 86_400_000
const id = (number: number) => `0190f3a0-0000-7000-8000-00000000f${String(number).padStart(3, '0')}`
const SHA = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'

const EXAMPLES: [string, string, FileFamily, number, string[]?][] = [
  ['Harbour at seven.png', 'image/png', 'image', 1_240_000, ['summer']],
  ['Timetable autumn.pdf', 'application/pdf', 'document', 482_300],
  ['Ferry.png', 'image/png', 'image', 840_200, ['summer', 'family']],
  ['Recording 14 May.m4a', 'audio/mp4', 'audio', 8_420_000],
  ['Reading list.md', 'text/markdown', 'text', 6_210, ['books']],
  ['Kitchen plan final v3 (really the last one).png', 'image/png', 'image', 310_000],
  [
    'Rent contract 2026.docx',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'document',
    92_000,
  ],
  ['Walk along the shore.mp4', 'video/mp4', 'video', 248_000_000, ['summer']],
  ['Photos of the flat.zip', 'application/zip', 'archive', 1_420_000_000],
  ['Logo.svg', 'image/svg+xml', 'image', 4_100],
  ['year_report.csv', 'text/csv', 'text', 1_210_000],
  ['Oak table.png', 'image/png', 'image', 1_900_000],
  ['firmware.bin', 'application/octet-stream', 'other', 4_194_304],
  ['Meadow.png', 'image/png', 'image', 220_000],
]

export function exampleFiles(): MockFiles {
  const files = EXAMPLES.map(([name, mime, family, size_bytes, tags = []], index): StoredFile => {
    const at = new Date(Date.now() - index * 1.7 * DAY).toISOString()
    return {
      id: id(index),
      version: 1,
      name,
      mime,
      family,
      size_bytes,
      sha256: SHA,
      tags,
      created_at: at,
      updated_at: at,
      deleted_at: null,
      purge_at: null,
    }
  })
  return {
    files: new Map(files.map((file) => [file.id, file])),
    uploads: new Map(),
    storage: { used_bytes: 1_738_000_000, quota_bytes: 10_000_000_000, max_file_bytes: 4_000_000_000 },
    stall: false,
  }
}

/** Requests that are not JSON: chunks of uploads and contents of files. */
export const isRaw = (path: string) => path.startsWith('/api/v1/uploads') || path.endsWith('/content')

export async function answerRaw({ fileData }: World, request: IncomingMessage, url: URL, response: ServerResponse) {
  const [, , , resource, fileId = ''] = url.pathname.split('/')
  if (resource === 'files') return content(fileData.files.get(fileId), request, response)
  if (request.method === 'POST') {
    const metadata = new Map(
      String(request.headers['upload-metadata'])
        .split(',')
        .map((pair) => pair.split(' ') as [string, string]),
    )
    const read = (key: string) => Buffer.from(metadata.get(key) ?? '', 'base64').toString()
    const size = Number(request.headers['upload-length'])
    if (size > fileData.storage.quota_bytes - fileData.storage.used_bytes)
      return void reject(response, problem(507, 'quota_exceeded', 'Not enough storage.'))
    fileData.uploads.set(read('id'), { name: read('filename'), size, offset: 0 })
    return void response.writeHead(201, { location: `/api/v1/uploads/${read('id')}`, 'tus-resumable': '1.0.0' }).end()
  }
  const upload = fileData.uploads.get(fileId)
  if (!upload) return void reject(response, problem(404, 'not_found', 'There is no such upload.'))
  if (request.method === 'PATCH') {
    for await (const chunk of request) upload.offset += (chunk as Buffer).length
    if (fileData.stall) return
    if (upload.offset === upload.size) finishUpload(fileData, fileId, upload)
  }
  response
    .writeHead(request.method === 'HEAD' ? 200 : 204, {
      'upload-offset': upload.offset,
      'upload-length': upload.size,
      'tus-resumable': '1.0.0',
    })
    .end()
}

function reject(response: ServerResponse, { status, body }: Reply) {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body))
}

function finishUpload({ files, storage }: MockFiles, fileId: string, upload: { name: string; size: number }) {
  const at = new Date().toISOString()
  const file: StoredFile = {
    id: fileId,
    version: 1,
    name: upload.name,
    mime: 'text/plain',
    family: 'text',
    size_bytes: upload.size,
    sha256: SHA,
    tags: [],
    created_at: at,
    updated_at: at,
    deleted_at: null,
    purge_at: null,
  }
  files.set(fileId, file)
  storage.used_bytes += upload.size
}

function content(file: StoredFile | undefined, request: IncomingMessage, response: ServerResponse) {
  if (!file) return void reject(response, problem(404, 'not_found', 'There is no such file.'))
  const bytes =
    file.mime === 'image/png'
      ? generateImage([...file.id].at(-1)!.charCodeAt(0))
      : Buffer.from(
          '# Books to read\n\n- The Summer Book, Tove Jansson\n- A Month in the Country\n- [x] The Wall\n'.repeat(9),
        )
  response.writeHead(request.headers.range ? 206 : 200, { 'content-type': file.mime }).end(bytes)
}

/** A generated landscape; the seed chooses its colours. */
function generateImage(seed: number): Buffer {
  const [width, height] = [480, 360]
  const rows = Buffer.alloc((width * 3 + 1) * height)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const hill = 190 + 40 * Math.sin(x / (50 + (seed % 30)) + seed) + 22 * Math.sin(x / 23 + seed * 2)
      const [r, g, b] =
        y < hill
          ? [190 + y / 5, 205 - (seed % 60), 215 - y / 4 - (seed % 40)]
          : [60 + (seed % 50), 110 - (y - hill) / 4, 90 - (seed % 45)]
      rows.set([r!, g!, b!], y * (width * 3 + 1) + 1 + x * 3)
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    piece('IHDR', head),
    piece('IDAT', deflateSync(rows)),
    piece('IEND', Buffer.alloc(0)),
  ])
}

function piece(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data])
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32BE(data.length, 0)
  sizes.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([sizes.subarray(0, 4), named, sizes.subarray(4)])
}

export function answerFiles(
  { notes, fileData }: World,
  method: string,
  [fileId, verb]: (string | undefined)[],
  query: URLSearchParams,
  body: Record<string, unknown>,
): Reply {
  if (!fileId) return list(notes, fileData.files, query)
  const file = fileData.files.get(fileId)
  if (!file) return problem(404, 'not_found', 'There is no such file.')
  if (verb === 'link')
    return {
      status: 200,
      body: {
        url: `/api/v1/files/${fileId}/content?link=mock`,
        expires_at: new Date(Date.now() + 300_000).toISOString(),
      },
    }
  if (verb === 'attachments') {
    const items = [...notes.values()]
      .filter((note) => note.attachments.some((attached) => attached.id === fileId))
      .map((note) => ({ kind: 'note', id: note.id, title: note.title }))
    return { status: 200, body: { items, next_cursor: null } }
  }
  if (method === 'DELETE') {
    fileData.files.delete(fileId)
    return { status: 204 }
  }
  if (method === 'PATCH') fileData.files.set(fileId, { ...file, ...body, version: file.version + 1 })
  return { status: 200, body: fileData.files.get(fileId) }
}

function list(notes: Map<string, Note>, files: Map<string, StoredFile>, query: URLSearchParams): Reply {
  const sort = query.get('sort') ?? 'updated'
  const attached = notes
    .get(query.get('attached_to')?.split(':')[1] ?? '')
    ?.attachments.map((attachment) => attachment.id)
  const items = [...files.values()]
    .filter((file) => Boolean(file.deleted_at) === (query.get('trashed') === 'true'))
    .filter((file) => !query.has('q') || file.name.toLowerCase().includes(query.get('q')!.toLowerCase()))
    .filter((file) => !query.has('type') || file.family === query.get('type'))
    .filter((file) => !query.has('tag') || file.tags.includes(query.get('tag')!))
    .filter((file) => !query.has('attached_to') || attached?.includes(file.id))
    .sort((a, b) =>
      sort === 'name'
        ? a.name.localeCompare(b.name)
        : sort === 'size'
          ? b.size_bytes - a.size_bytes
          : b.created_at.localeCompare(a.created_at),
    )
  return { status: 200, body: { items, next_cursor: null } }
}

export function attach({ notes, fileData }: World, note: Note, method: string, fileId: string): Reply {
  const file = fileData.files.get(fileId)
  if (!file) return problem(404, 'not_found', 'There is no such file.')
  const others = note.attachments.filter((attached) => attached.id !== fileId)
  const mine = { id: fileId, name: file.name, mime: file.mime, size_bytes: file.size_bytes }
  notes.set(note.id, { ...note, version: note.version + 1, attachments: method === 'PUT' ? [...others, mine] : others })
  return { status: 204 }
}

export function batchOfFiles({ files }: MockFiles, request: NewBatch): { batch: Batch; undo: () => number } {
  const before = request.ids.map((fileId) => files.get(fileId)).filter((file) => file !== undefined)
  for (const file of before) files.set(file.id, { ...change(file, request), version: file.version + 1 })
  const items = before.map((file) => ({ id: file.id, version: file.version + 1 }))
  return {
    batch: {
      id: `0190f3a0-0000-7000-8000-00000000c${String(files.size + request.ids.length).padStart(3, '0')}`,
      kind: 'file',
      action: request.action,
      count: before.length,
      created_at: new Date().toISOString(),
      undone_at: null,
      items,
    },
    undo() {
      for (const file of before) files.set(file.id, { ...file, version: file.version + 2 })
      return before.length
    },
  }
}

function change(file: StoredFile, { action, tags = [] }: NewBatch): StoredFile {
  if (action === 'tag') return { ...file, tags: [...new Set([...file.tags, ...tags])].sort() }
  if (action === 'untag') return { ...file, tags: file.tags.filter((tag) => !tags.includes(tag)) }
  const now = Date.now()
  return action === 'delete'
    ? { ...file, deleted_at: new Date(now).toISOString(), purge_at: new Date(now + 30 * DAY).toISOString() }
    : { ...file, deleted_at: null, purge_at: null }
}
