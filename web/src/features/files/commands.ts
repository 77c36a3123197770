// The commands on files.

export type FileCommand = 'download' | 'rename' | 'tag' | 'untag' | 'trash' | 'restore' | 'delete-permanently'
