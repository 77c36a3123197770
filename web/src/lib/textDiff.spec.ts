// Specs of comparing and merging texts.
import { describe, expect, it } from 'vitest'
import { changes, difference, mergeTexts, groupReplacements } from './textDiff'

const apply = (before: string, after: string) => {
  let text = before
  for (const { from, to, insert } of changes(before, after).reverse())
    text = text.slice(0, from) + insert + text.slice(to)
  return text
}

describe('difference', () => {
  it('compares whole words', () => {
    expect(difference('one\ntwo three four\nfive', 'one\ntwo drei four\nfive')).toEqual([
      { op: 'equal', text: 'one\n' },
      { op: 'equal', text: 'two ' },
      { op: 'delete', text: 'three' },
      { op: 'insert', text: 'drei' },
      { op: 'equal', text: ' four' },
      { op: 'equal', text: '\nfive' },
    ])
  })

  it.each([
    ['', 'new'],
    ['old', ''],
    ['a\nb\nc', 'a\nB\nc\n'],
    ['a\na\na', 'a\na'],
    ['x\n', 'x\nx\n'],
    ['same start, other end', 'same start, and an end'],
    ['😀 one', '😁 one'],
    ['\n\n\n', '\n'],
  ])('of %j and %j converts one into the other', (before, after) => {
    expect(apply(before, after)).toBe(after)
    const side = (op: string) =>
      difference(before, after)
        .filter((piece) => piece.op !== op)
        .map((piece) => piece.text)
        .join('')
    expect([side('insert'), side('delete')]).toEqual([before, after])
  })
})

describe('mergeTexts', () => {
  it.each([
    ['far apart', 'a b c d', 'A b c d', 'a b c D', 'A b c D'],
    [
      'typing at the position where the other device added a line',
      'hello',
      'hello world',
      'hello\nfrom the phone',
      'hello world\nfrom the phone',
    ],
    ['the same change twice', 'a b', 'a c', 'a c', 'a c'],
    ['only theirs', 'a', 'a', 'b', 'b'],
    ['only mine', 'a', 'b', 'a', 'b'],
    [
      'a line deleted there, a word added here',
      'one\ntwo\nthree',
      'one\ntwo\nthree more',
      'one\nthree',
      'one\nthree more',
    ],
  ])('%s', (_, base, mine, theirs, merged) => expect(mergeTexts(base, mine, theirs)).toBe(merged))

  it('does not merge different replacements of one word', () => {
    expect(mergeTexts('the red house', 'the blue house', 'the green house')).toBeUndefined()
  })
})

describe('groupReplacements', () => {
  it('joins consecutive replaced words and leaves the rest', () => {
    const before = 'back on Sunday night, at six.\nBye'
    const after = 'back on Monday evening, at six o’clock.\nBye'
    const pieces = groupReplacements(difference(before, after))
    expect(pieces).toContainEqual({ op: 'delete', text: 'Sunday night' })
    expect(pieces).toContainEqual({ op: 'insert', text: 'Monday evening' })
    const side = (op: string) =>
      pieces
        .filter((piece) => piece.op !== op)
        .map((piece) => piece.text)
        .join('')
    expect([side('insert'), side('delete')]).toEqual([before, after])
  })
})
