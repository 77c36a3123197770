// Owns where a sign-in may lead: only to a path of this page. Refuses other origins.

export function localPath(next: unknown): string {
  if (typeof next !== 'string' || !next.startsWith('/') || /^\/[\\/]/.test(next)) return '/notes'
  return next
}
