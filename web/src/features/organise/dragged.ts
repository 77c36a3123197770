// Owns what a drag of notes carries. Refuses anything but their ids: the text stays where it is.

const TYPE = 'application/x-satchel-notes'

export function startDrag(event: DragEvent, ids: readonly string[]) {
  event.dataTransfer?.setData(TYPE, JSON.stringify(ids))
  if (event.dataTransfer) event.dataTransfer.effectAllowed = 'copyMove'
}

export const carriesNotes = (event: DragEvent): boolean => event.dataTransfer?.types.includes(TYPE) ?? false

export function draggedNotes(event: DragEvent): string[] {
  try {
    const ids: unknown = JSON.parse(event.dataTransfer?.getData(TYPE) ?? '[]')
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}
