// Owns counting words. Refuses markup knowledge: Markdown signs are no words by themselves.

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+(?:['’.,-][\p{L}\p{N}]+)*/gu

/** Han, Hiragana and Katakana count by character, as readers of those scripts expect. */
export function countWords(text: string): number {
  let count = 0
  for (const _ of text.matchAll(WORD)) count += 1
  return count
}
