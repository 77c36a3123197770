// Specs of parsing tag names.
import { describe, expect, it } from 'vitest'
import { parseTag } from './tagNames'

describe('a tag that is typed', () => {
  it('loses its # and blanks, and takes the spelling in use', () => {
    expect(parseTag(' #to   call ', [])).toEqual({ name: 'to call' })
    expect(parseTag('FAMILY', ['Family'])).toEqual({ name: 'Family' })
    expect(parseTag(' # ', [])).toBeUndefined()
  })

  it('has at most fifty characters, however they are stored', () => {
    expect(parseTag('👩'.repeat(50), [])).toEqual({ name: '👩'.repeat(50) })
    expect(parseTag('x'.repeat(51), [])).toHaveProperty('error')
    expect(parseTag('a\u0007b', [])).toHaveProperty('error')
  })
})
