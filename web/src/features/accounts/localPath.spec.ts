// Specs of the path to open after signing in.
import { describe, expect, it } from 'vitest'
import { localPath } from './localPath'

describe('localPath', () => {
  it.each([
    ['/notes/1?q=a', '/notes/1?q=a'],
    ['//evil.example', '/notes'],
    ['/\\evil.example', '/notes'],
    ['https://evil.example', '/notes'],
    [undefined, '/notes'],
  ])('of %s is %s', (next, path) => expect(localPath(next)).toBe(path))
})
