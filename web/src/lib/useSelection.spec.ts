// Owns the promises of choosing: ranges in both directions, and nothing chosen that is not there.
// Refuses the list that shows it.
import { describe, expect, it } from 'vitest'
import { shallowRef } from 'vue'
import { makeSummary } from '@/testing/fixtures'
import { useSelection } from './useSelection'

function start(count = 6) {
  const items = shallowRef(Array.from({ length: count }, (_, index) => makeSummary(index)))
  const id = (index: number) => items.value[index]!.id
  const selection = useSelection(items)
  const chosen = () => selection.chosen.value.map((note) => Number(note.title.slice(5)))
  return { items, id, selection, chosen }
}

describe('useSelection', () => {
  it('chooses one by one, and stays in its mode when the last one goes', () => {
    const { id, selection, chosen } = start()
    selection.toggle(id(3))
    selection.toggle(id(1))
    expect(chosen()).toEqual([1, 3])
    selection.toggle(id(3))
    selection.toggle(id(1))
    expect(chosen()).toEqual([])
    expect(selection.choosing.value).toBe(true)
    selection.clear()
    expect(selection.choosing.value).toBe(false)
  })

  it('stretches a range from where the last choice was, down, up, and shorter again', () => {
    const { id, selection, chosen } = start()
    selection.toggle(id(2))
    selection.extend(id(4))
    expect(chosen()).toEqual([2, 3, 4])
    selection.extend(id(3))
    expect(chosen()).toEqual([2, 3])
    selection.extend(id(0))
    expect(chosen()).toEqual([0, 1, 2])
  })

  it('keeps what was chosen before the range', () => {
    const { id, selection, chosen } = start()
    selection.toggle(id(0))
    selection.toggle(id(3))
    selection.extend(id(5))
    selection.extend(id(4))
    expect(chosen()).toEqual([0, 3, 4])
  })

  it('by keys begins at the note one stands on', () => {
    const { id, selection, chosen } = start()
    selection.begin(id(1))
    selection.extend(id(2))
    selection.begin(id(2))
    selection.extend(id(3))
    expect(chosen()).toEqual([1, 2, 3])
  })

  it('lets go of what left the list at once', () => {
    const { items, selection, chosen } = start()
    selection.all()
    items.value = items.value.slice(4)
    expect(selection.count.value).toBe(2)
    expect(chosen()).toEqual([4, 5])
  })
})
