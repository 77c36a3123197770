// Owns the entries of rail and bottom bar. Refuses entries that lead nowhere yet.
import { Archive, FolderOpen, ListTodo, NotebookPen, Trash2 } from '@lucide/vue'
import type { Component } from 'vue'

export interface RailEntry {
  name: string
  label: string
  icon: Component
}

export const RAIL: readonly RailEntry[] = [
  { name: 'notes', label: 'Notes', icon: NotebookPen },
  { name: 'tasks', label: 'Tasks', icon: ListTodo },
  { name: 'files', label: 'Files', icon: FolderOpen },
  { name: 'archive', label: 'Archive', icon: Archive },
  { name: 'trash', label: 'Trash', icon: Trash2 },
]
