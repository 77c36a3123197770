// Owns the promises of the ledger: changes keep their order, and no answer older than one of them is shown. Refuses
// the network.
import { describe, expect, it, vi } from 'vitest'
import { current, underway } from './mutationQueue'

const gate = () => {
  let open = () => {}
  const closed = new Promise<void>((resolve) => (open = resolve))
  return { closed, open }
}
const signal = () => new AbortController().signal

describe('changes', () => {
  it('go one after the other, also after one that was refused', async () => {
    const log: string[] = []
    const first = gate()
    const one = underway(async () => {
      await first.closed
      log.push('one')
      throw new Error('refused')
    })
    const two = underway(async () => void log.push('two'))
    await Promise.resolve()
    expect(log).toEqual([])
    first.open()
    await expect(one).rejects.toThrow('refused')
    await two
    expect(log).toEqual(['one', 'two'])
  })
})

describe('a read', () => {
  it('waits for the changes that are on their way', async () => {
    const change = gate()
    const work = underway(() => change.closed)
    const read = vi.fn(async () => 'new')
    const answer = current(read, signal())
    await Promise.resolve()
    expect(read).not.toHaveBeenCalled()
    change.open()
    await work
    expect(await answer).toBe('new')
    expect(read).toHaveBeenCalledTimes(1)
  })

  it('asks again when something was changed while it was on its way', async () => {
    const slow = gate()
    const read = vi
      .fn()
      .mockImplementationOnce(() => slow.closed.then(() => 'old'))
      .mockResolvedValueOnce('new')
    const answer = current(read, signal())
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(1))
    await underway(async () => {})
    slow.open()
    expect(await answer).toBe('new')
  })

  it('that nobody wants any more ends', async () => {
    const gone = new AbortController()
    gone.abort()
    await expect(current(async () => 'x', gone.signal)).rejects.toThrow()
  })
})
