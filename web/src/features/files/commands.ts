// Owns the names of what can be done to files. Refuses to do it.

export type FileCommand = 'download' | 'rename' | 'tag' | 'untag' | 'trash' | 'restore' | 'delete-permanently'
