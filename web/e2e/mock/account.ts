// The account of the mock server: sessions, API keys, two-factor authentication. Only the password "wrong" is rejected.
import type { ApiKey, Problem, Session, User } from '../../src/api/types'

export const USER: User = {
  id: '0190f3a0-0000-7000-8000-00000000aaaa',
  version: 1,
  username: 'mira',
  email: 'mira@example.org',
  role: 'user',
  display_name: 'Mira Holm',
  time_zone: 'Europe/Lisbon',
  totp_enabled: false,
  created_at: '2026-01-01T09:00:00Z',
}

export interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

export function problem(status: number, code: string, detail: string, more: Partial<Problem> = {}): Reply {
  const body: Problem = { type: 'about:blank', title: code, status, code, detail, request_id: 'mock', ...more }
  return { status, body }
}

/** The state that screenshots may change. */
export interface MockAccount {
  user: User
  keys: ApiKey[]
}

const MINUTE = 60_000
const DAY = 86_400_000
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()

const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0',
  'curl/8.14.1',
]

function sessions(): Session[] {
  return AGENTS.map((user_agent, index) => ({
    id: `0190f3a0-0000-7000-8000-0000000001${index}0`,
    user_agent,
    ip: ['192.0.2.14', '198.51.100.77', '192.0.2.14', '2001:db8::7'][index]!,
    created_at: ago((index + 1) ** 2 * 3 * DAY),
    last_seen_at: ago([MINUTE, 42 * MINUTE, 2 * DAY, 9 * DAY][index]!),
    ends_at: ago(-30 * DAY),
    current: index === 0,
  }))
}

export function exampleKeys(): ApiKey[] {
  const base = { last_ip: '192.0.2.14', created_at: ago(40 * DAY) }
  return [
    {
      ...base,
      id: '0190f3a0-0000-7000-8000-000000000201',
      name: 'Backup at home',
      prefix: 'sat_9fKq2',
      scopes: ['read'],
      last_used_at: ago(5 * 3_600_000),
      expires_at: ago(-50 * DAY),
    },
    {
      ...base,
      id: '0190f3a0-0000-7000-8000-000000000202',
      name: 'Notes from the terminal',
      prefix: 'sat_Lw81x',
      scopes: ['read', 'write'],
      last_used_at: null,
      expires_at: null,
    },
    {
      ...base,
      id: '0190f3a0-0000-7000-8000-000000000203',
      name: 'Old phone',
      prefix: 'sat_c07Tz',
      scopes: ['read', 'write'],
      last_used_at: ago(70 * DAY),
      expires_at: ago(12 * DAY),
    },
  ]
}

/** An image that looks like a QR code. */
function fakeQrCode(): string {
  const cells = Array.from({ length: 29 * 29 }, (_, index) =>
    (index * 7919) % 13 < 6 ? `M${index % 29} ${Math.floor(index / 29)}h1v1h-1z` : '',
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 33 33" shape-rendering="crispEdges"><rect x="-2" y="-2" width="33" height="33" fill="#fff"/><path d="${cells.join('')}"/></svg>`
}

const ENROLMENT = {
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  otpauth_uri: 'otpauth://totp/Satchel:mira',
  qr_svg: fakeQrCode(),
}
const RECOVERY_CODES = Array.from({ length: 10 }, (_, index) =>
  `${'bcdfghjkmn'.slice(index)}${'pqrstvwxyz'.slice(0, index)}`.replace(/^(.{5})/, '$1-'),
)

export function answerAccount(
  account: MockAccount,
  method: string,
  [resource, id]: (string | undefined)[],
  body: Record<string, unknown>,
): Reply {
  if (body.password === 'wrong' || body.current_password === 'wrong') {
    return problem(403, 'reauthentication_required', 'Enter your present password.')
  }
  if (resource === 'sessions')
    return method === 'GET' ? { status: 200, body: { items: sessions(), next_cursor: null } } : { status: 204 }
  if (resource === 'api-keys') return apiKeys(account, method, id, body)
  if (resource === 'totp') return totp(account, method, id)
  if (resource === 'email') return id === 'confirm' ? { status: 200, body: account.user } : { status: 202 }
  if (resource === 'password') return { status: 204 }
  if (method === 'DELETE') return { status: 204 }
  if (method === 'PATCH') account.user = { ...account.user, ...body, version: account.user.version + 1 }
  return { status: 200, body: account.user }
}

function apiKeys(account: MockAccount, method: string, id: string | undefined, body: Record<string, unknown>): Reply {
  if (method === 'GET') return { status: 200, body: { items: account.keys, next_cursor: null } }
  if (method === 'DELETE') {
    account.keys = account.keys.filter((key) => key.id !== id)
    return { status: 204 }
  }
  const created = {
    ...exampleKeys()[1]!,
    id: `0190f3a0-0000-7000-8000-0000000003${account.keys.length}0`,
    name: String(body.name),
  }
  account.keys = [created, ...account.keys]
  return { status: 201, body: { ...created, key: 'sat_Lw81xVb0qH4mTzR7yKc2NfJ9sDgP6aWe3Uo5' } }
}

function totp(account: MockAccount, method: string, verb: string | undefined): Reply {
  if (method === 'DELETE') {
    account.user = { ...account.user, totp_enabled: false, version: account.user.version + 1 }
    return { status: 204 }
  }
  if (verb !== 'confirm') return { status: 200, body: ENROLMENT }
  account.user = { ...account.user, totp_enabled: true, version: account.user.version + 1 }
  return { status: 200, body: { recovery_codes: RECOVERY_CODES } }
}
