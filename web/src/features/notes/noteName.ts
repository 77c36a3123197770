// The display name of a note.

/** The title, or the start of the text if there is no title. */
export function noteName(note: { title: string; excerpt?: string }): string {
  return note.title.trim() || note.excerpt?.trim().slice(0, 60) || 'Untitled'
}
