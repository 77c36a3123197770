// Specs of the selection: ranges in both directions, and only items of the list.
import { describe, expect, it } from 'vitest'
import { shallowRef } from 'vue'
import { makeSummary } from '@/testing/fixtures'
import { useSelection } from './useSelection'

function start(count = 6) {
  const items = shallowRef(Array.from({ length: count }, (_, index) => makeSummary(index)))
  const id = (index: number) => items.value[index]!.id
  const selection = useSelection(items)
  const selected = () => selection.selected.value.map((note) => Number(note.title.slice(5)))
  return { items, id, selection, selected }
}

describe('useSelection', () => {
  it('toggles items, and stays in selection mode when none is left', () => {
    const { id, selection, selected } = start()
    selection.toggle(id(3))
    selection.toggle(id(1))
    expect(selected()).toEqual([1, 3])
    selection.toggle(id(3))
    selection.toggle(id(1))
    expect(selected()).toEqual([])
    expect(selection.selecting.value).toBe(true)
    selection.clear()
    expect(selection.selecting.value).toBe(false)
  })

  it('extends a range from the last item down, up, and shorter again', () => {
    const { id, selection, selected } = start()
    selection.toggle(id(2))
    selection.extendRange(id(4))
    expect(selected()).toEqual([2, 3, 4])
    selection.extendRange(id(3))
    expect(selected()).toEqual([2, 3])
    selection.extendRange(id(0))
    expect(selected()).toEqual([0, 1, 2])
  })

  it('keeps what was selected before the range', () => {
    const { id, selection, selected } = start()
    selection.toggle(id(0))
    selection.toggle(id(3))
    selection.extendRange(id(5))
    selection.extendRange(id(4))
    expect(selected()).toEqual([0, 3, 4])
  })

  it('starts a range by keyboard at the active item', () => {
    const { id, selection, selected } = start()
    selection.startRange(id(1))
    selection.extendRange(id(2))
    selection.startRange(id(2))
    selection.extendRange(id(3))
    expect(selected()).toEqual([1, 2, 3])
  })

  it('drops items that leave the list at once', () => {
    const { items, selection, selected } = start()
    selection.all()
    items.value = items.value.slice(4)
    expect(selection.count.value).toBe(2)
    expect(selected()).toEqual([4, 5])
  })
})
