// The containers of the tasks screen (a list, the inbox, a smart list, a saved view, the trash) and their API queries.
import { withoutUndefined, type TaskFilter } from './filters'
import type { SmartList, TaskQuery, TaskSummary } from './types'

export const SMART_LISTS: Record<SmartList, string> = {
  today: 'Today',
  upcoming: 'Upcoming',
  overdue: 'Overdue',
  done: 'Done',
}

/** Also the parameter of the route; `all` is the route without it. */
export type Container = 'all' | 'inbox' | 'list' | 'view' | 'trash' | SmartList

/** The value of the API for tasks without a list. */
export const INBOX = 'none'

export const isSmartList = (container: string): container is SmartList => Object.hasOwn(SMART_LISTS, container)

/** `key` is the id of a list. */
export function containerQuery(container: Container, key: string, filter: TaskFilter): TaskQuery {
  const own =
    container === 'inbox'
      ? { list: INBOX }
      : container === 'list'
        ? { list: key }
        : isSmartList(container)
          ? { smart: container }
          : container === 'trash'
            ? { trashed: true }
            : {}
  return { ...withoutUndefined(filter), ...own }
}

/** Whether a changed task still matches the query, as far as the page can decide: due dates and texts are the server's. */
export function matches(task: TaskSummary, query: TaskQuery): boolean {
  if (Boolean(task.deleted_at) !== Boolean(query.trashed)) return false
  if (query.list && (task.list_id ?? INBOX) !== query.list) return false
  if (query.status && !(query.status === 'open' ? task.status !== 'done' : task.status === query.status)) return false
  if (query.parent === 'none' && task.parent_id) return false
  if (query.smart && (task.status === 'done') !== (query.smart === 'done')) return false
  if (query.priority && task.priority !== query.priority) return false
  if (query.tag && !task.tags.some((tag) => tag.toLowerCase() === query.tag!.toLowerCase())) return false
  return true
}
