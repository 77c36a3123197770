// Specs of the change buses: versions seen by this tab are ignored, list updates are debounced.
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
  it('notify editors at once and lists once after many', () => {
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

  it('that never pause still update lists after the maximum wait', () => {
    const list = vi.fn()
    const stop = noteChanges.onStale(list)
    for (let index = 0; index < 40; index += 1) {
      applyChange(change('b', index + 1))
      vi.advanceTimersByTime(100)
    }
    expect(list.mock.calls.length).toBeGreaterThanOrEqual(1)
    stop()
  })

  it('that this tab has seen are ignored', () => {
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

  it('of notebooks and tags notify the rail, not the open note', () => {
    const [note, collections] = [vi.fn(), vi.fn()]
    const stops = [noteChanges.onChange(note), onCollectionsStale(collections)]
    applyChange(change('n', 1, { kind: 'notebook', op: 'create' }))
    vi.advanceTimersByTime(5000)
    expect(collections).toHaveBeenCalledTimes(1)
    expect(note).not.toHaveBeenCalled()
    stops.forEach((stop) => stop())
  })

  it('of a batch of this tab notify lists and rail', () => {
    const [list, collections] = [vi.fn(), vi.fn()]
    const stops = [noteChanges.onStale(list), onCollectionsStale(collections)]
    noteChanges.emit()
    vi.advanceTimersByTime(5000)
    expect(list).toHaveBeenCalledTimes(1)
    expect(collections).toHaveBeenCalledTimes(1)
    stops.forEach((stop) => stop())
  })

  it('a reset clears the seen versions', () => {
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
