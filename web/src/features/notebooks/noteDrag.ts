// Drag data of notes: their ids.

const TYPE = 'application/x-satchel-notes'

export function startDrag(event: DragEvent, ids: readonly string[]) {
  event.dataTransfer?.setData(TYPE, JSON.stringify(ids))
  if (event.dataTransfer) event.dataTransfer.effectAllowed = 'copyMove'
}

export const hasNotes = (event: DragEvent): boolean => event.dataTransfer?.types.includes(TYPE) ?? false

export function readNoteIds(event: DragEvent): string[] {
  try {
    const ids: unknown = JSON.parse(event.dataTransfer?.getData(TYPE) ?? '[]')
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}
