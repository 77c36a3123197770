// Specs of small helpers: ids, word counts, sizes, times.
import { describe, expect, it } from 'vitest'
import { shortTime } from './time'
import { uuidv7 } from './uuid'
import { countWords, formatSize } from './format'

describe('uuidv7', () => {
  it('is a version 7 UUID that sorts by time', () => {
    const early = uuidv7(1_700_000_000_000)
    expect(early).toMatch(/^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(uuidv7(1_700_000_000_001) > early).toBe(true)
    expect(new Set(Array.from({ length: 1000 }, () => uuidv7())).size).toBe(1000)
  })
})

describe('countWords', () => {
  it.each([
    ['', 0],
    ['## One *two*, three.', 3],
    ["don't re-use 3.14", 3],
    ['東京に行く', 5],
    ['- [ ] task', 1],
  ])('of %j is %i', (text, count) => expect(countWords(text)).toBe(count))
})

describe('formatSize', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [4230, '4.2 kB'],
    [42_300, '42 kB'],
    [1_048_576, '1 MB'],
    [999_400, '999 kB'],
    [999_600, '1 MB'],
    [2_400_000_000, '2.4 GB'],
    [5_000_000_000_000_000, '5,000 TB'],
  ])('of %i is %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))
})

describe('shortTime', () => {
  const now = new Date(2026, 4, 20, 12, 0)
  it.each([
    [new Date(2026, 4, 20, 11, 59, 40), 'now'],
    [new Date(2026, 4, 20, 11, 45), '15 min ago'],
    [new Date(2026, 4, 20, 8, 5), '08:05'],
    [new Date(2026, 4, 19, 23, 0), 'yesterday'],
    [new Date(2026, 4, 15, 9, 0), '5 days ago'],
    [new Date(2026, 1, 3), '3 Feb'],
    [new Date(2025, 1, 3), '3 Feb 2025'],
  ])('of %s is %s', (date, text) => expect(shortTime(date.toISOString(), now)).toBe(text))
})
