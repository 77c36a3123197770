// How a task is named in messages and labels.

export const taskName = (task: { title: string }) => task.title.trim() || 'Untitled'
