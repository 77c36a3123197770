// The main entries of the rail and of the bottom bar.
import { Archive, FolderOpen, ListTodo, NotebookPen, Trash2 } from '@lucide/vue'
import type { Component } from 'vue'

export interface NavigationEntry {
  name: string
  label: string
  icon: Component
}

export const NAVIGATION: readonly NavigationEntry[] = [
  { name: 'notes', label: 'Notes', icon: NotebookPen },
  { name: 'tasks', label: 'Tasks', icon: ListTodo },
  { name: 'files', label: 'Files', icon: FolderOpen },
  { name: 'archive', label: 'Archive', icon: Archive },
  { name: 'trash', label: 'Trash', icon: Trash2 },
]
