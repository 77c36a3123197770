// Specs of the mutation queue: the order of mutations, and reads that overlap with one.
import { describe, expect, it, vi } from 'vitest'
import { enqueueMutation, readConsistent } from './mutationQueue'

const gate = () => {
  let open = () => {}
  const closed = new Promise<void>((resolve) => (open = resolve))
  return { closed, open }
}
const signal = () => new AbortController().signal

describe('mutations', () => {
  it('are sent one after the other, also after a failed one', async () => {
    const log: string[] = []
    const first = gate()
    const one = enqueueMutation(async () => {
      await first.closed
      log.push('one')
      throw new Error('failed')
    })
    const two = enqueueMutation(async () => void log.push('two'))
    await Promise.resolve()
    expect(log).toEqual([])
    first.open()
    await expect(one).rejects.toThrow('failed')
    await two
    expect(log).toEqual(['one', 'two'])
  })
})

describe('a read', () => {
  it('waits for pending mutations', async () => {
    const mutation = gate()
    const work = enqueueMutation(() => mutation.closed)
    const read = vi.fn(async () => 'new')
    const answer = readConsistent(read, signal())
    await Promise.resolve()
    expect(read).not.toHaveBeenCalled()
    mutation.open()
    await work
    expect(await answer).toBe('new')
    expect(read).toHaveBeenCalledTimes(1)
  })

  it('is repeated if a mutation overlapped with it', async () => {
    const slow = gate()
    const read = vi
      .fn()
      .mockImplementationOnce(() => slow.closed.then(() => 'old'))
      .mockResolvedValueOnce('new')
    const answer = readConsistent(read, signal())
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(1))
    await enqueueMutation(async () => {})
    slow.open()
    expect(await answer).toBe('new')
  })

  it('ends when it is aborted', async () => {
    const aborted = new AbortController()
    aborted.abort()
    await expect(readConsistent(async () => 'x', aborted.signal)).rejects.toThrow()
  })
})
