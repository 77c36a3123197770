// Specs of parsing tag names.
import { describe, expect, it } from 'vitest'
import { parseTag } from './tagNames'

describe('parseTag', () => {
  it('drops # and spaces and prefers the existing spelling', () => {
    expect(parseTag(' #to   call ', [])).toEqual({ name: 'to call' })
    expect(parseTag('FAMILY', ['Family'])).toEqual({ name: 'Family' })
    expect(parseTag(' # ', [])).toBeUndefined()
  })

  it('allows 50 characters, however long their encoding', () => {
    expect(parseTag('👩'.repeat(50), [])).toEqual({ name: '👩'.repeat(50) })
    expect(parseTag('x'.repeat(51), [])).toHaveProperty('error')
    expect(parseTag('a\u0007b', [])).toHaveProperty('error')
  })
})
