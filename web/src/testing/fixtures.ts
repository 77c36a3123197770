// Example data for specs.
import type { Note, NoteSummary, StoredFile, TokenGrant, User } from '@/api/types'

export const USER: User = {
  id: '0190f3a0-0000-7000-8000-00000000aaaa',
  username: 'mira',
  email: 'mira@example.org',
  role: 'user',
  version: 1,
  display_name: '',
  time_zone: 'Europe/Berlin',
  totp_enabled: false,
  created_at: '2026-01-01T00:00:00Z',
}

export const grant = (token = 'token', expires_in = 600): TokenGrant => ({
  access_token: token,
  token_type: 'Bearer',
  expires_in,
  user: USER,
})

export function makeNote(change: Partial<Note> = {}): Note {
  return {
    id: '0190f3a0-0000-7000-8000-000000000001',
    version: 1,
    title: 'Title',
    body: 'Body',
    excerpt: 'Body',
    pinned: false,
    archived: false,
    notebook_id: null,
    tags: [],
    attachments: [],
    checklist: { open: 0, total: 0 },
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    deleted_at: null,
    purge_at: null,
    ...change,
  }
}

export function makeSummary(number: number, change: Partial<NoteSummary> = {}): NoteSummary {
  const { body: _, ...summary } = makeNote({
    id: `0190f3a0-0000-7000-8000-00000000${1000 + number}`,
    title: `Note ${number}`,
  })
  return { ...summary, ...change }
}

export function makeFile(number: number, change: Partial<StoredFile> = {}): StoredFile {
  return {
    id: `0190f3a0-0000-7000-8000-00000001${1000 + number}`,
    version: 1,
    name: `File ${number}.txt`,
    mime: 'text/plain',
    family: 'text',
    size_bytes: 1000 * number,
    sha256: 'ab'.repeat(32),
    tags: [],
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    deleted_at: null,
    purge_at: null,
    ...change,
  }
}
