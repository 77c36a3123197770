// Owns the promises of the word that goes round: the echo of one's own saves is silent, many changes
// are told once. Refuses the network.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Change } from '@/api/types'
import { applyChange, noteChanges, onCollectionsStale, resetAll } from './index'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

let seq = 0
const change = (id: string, version: number, more: Partial<Change> = {}): Change => ({
  seq: (seq += 1),
  kind: 'note',
  id,
  op: 'update',
  version,
  batch_id: null,
  at: '2026-01-01T00:00:00Z',
  ...more,
})

describe('changes', () => {
  it('reach the editor at once and the list once after many', () => {
    const [note, list] = [vi.fn(), vi.fn()]
    const stops = [noteChanges.onChange(note), noteChanges.onStale(list)]
    for (let version = 2; version < 12; version += 1) applyChange(change('a', version))
    expect(note).toHaveBeenCalledTimes(10)
    expect(note).toHaveBeenLastCalledWith('a', 11, 'update')
    expect(list).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1000)
    expect(list).toHaveBeenCalledTimes(1)
    stops.forEach((stop) => stop())
  })

  it('are told at the latest after a while, even when they never stop coming', () => {
    const list = vi.fn()
    const stop = noteChanges.onStale(list)
    for (let index = 0; index < 40; index += 1) {
      applyChange(change('b', index + 1))
      vi.advanceTimersByTime(100)
    }
    expect(list.mock.calls.length).toBeGreaterThanOrEqual(1)
    stop()
  })

  it('that this tab made itself are silent', () => {
    const [note, list] = [vi.fn(), vi.fn()]
    const stops = [noteChanges.onChange(note), noteChanges.onStale(list)]
    noteChanges.markSeen('c', 7)
    applyChange(change('c', 7))
    applyChange(change('c', 6))
    vi.advanceTimersByTime(5000)
    expect(note).not.toHaveBeenCalled()
    expect(list).not.toHaveBeenCalled()
    applyChange(change('c', 8))
    expect(note).toHaveBeenCalledTimes(1)
    stops.forEach((stop) => stop())
    vi.advanceTimersByTime(5000)
  })

  it('of notebooks and tags concern the rail, not the open note', () => {
    const [note, labels] = [vi.fn(), vi.fn()]
    const stops = [noteChanges.onChange(note), onCollectionsStale(labels)]
    applyChange(change('n', 1, { kind: 'notebook', op: 'create' }))
    vi.advanceTimersByTime(5000)
    expect(labels).toHaveBeenCalledTimes(1)
    expect(note).not.toHaveBeenCalled()
    stops.forEach((stop) => stop())
  })

  it('a batch of this tab asks lists and rail to look again', () => {
    const [list, labels] = [vi.fn(), vi.fn()]
    const stops = [noteChanges.onStale(list), onCollectionsStale(labels)]
    noteChanges.emit()
    vi.advanceTimersByTime(5000)
    expect(list).toHaveBeenCalledTimes(1)
    expect(labels).toHaveBeenCalledTimes(1)
    stops.forEach((stop) => stop())
  })

  it('after a reset nothing counts as seen', () => {
    const [note, reset] = [vi.fn(), vi.fn()]
    const stops = [noteChanges.onChange(note), noteChanges.onReset(reset)]
    noteChanges.markSeen('d', 9)
    resetAll()
    applyChange(change('d', 9))
    expect(reset).toHaveBeenCalledTimes(1)
    expect(note).toHaveBeenCalledTimes(1)
    stops.forEach((stop) => stop())
    vi.advanceTimersByTime(5000)
  })
})
