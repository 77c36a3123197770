// Owns counting words, and sizes in words. Refuses markup knowledge: Markdown signs are no words by themselves.

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+(?:['’.,-][\p{L}\p{N}]+)*/gu

/** Han, Hiragana and Katakana count by character, as readers of those scripts expect. */
export function countWords(text: string): number {
  let count = 0
  for (const _ of text.matchAll(WORD)) count += 1
  return count
}

const UNITS = ['kB', 'MB', 'GB', 'TB']

/** "312 bytes", "4.2 kB", "1.1 MB", "2.4 GB": as the reader's file manager would say it. */
export function sizeWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  // Whatever would be rounded to a thousand is one of the next unit.
  const step = UNITS.findIndex((_, index) => bytes < 999.5 * 1000 ** (index + 1))
  const at = step < 0 ? UNITS.length - 1 : step
  const [value, unit] = [bytes / 1000 ** (at + 1), UNITS[at]]
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`
}
