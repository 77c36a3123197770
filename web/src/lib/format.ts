// Counts words and formats sizes.

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+(?:['’.,-][\p{L}\p{N}]+)*/gu

/** Han, Hiragana and Katakana count by character. */
export function countWords(text: string): number {
  let count = 0
  for (const _ of text.matchAll(WORD)) count += 1
  return count
}

const UNITS = ['kB', 'MB', 'GB', 'TB']

/** In decimal units: "312 bytes", "4.2 kB", "1.1 MB", "2.4 GB". */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  // 999.5 kB is rounded to 1 MB, not to 1000 kB.
  const step = UNITS.findIndex((_, index) => bytes < 999.5 * 1000 ** (index + 1))
  const index = step < 0 ? UNITS.length - 1 : step
  const [value, unit] = [bytes / 1000 ** (index + 1), UNITS[index]]
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`
}
