// The path to open after signing in. Only paths of this origin are allowed.

export function localPath(next: unknown): string {
  if (typeof next !== 'string' || !next.startsWith('/') || /^\/[\\/]/.test(next)) return '/notes'
  return next
}
