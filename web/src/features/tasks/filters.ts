// Filters within a container: read from the route or a saved view, and written back as a query string.
import type { LocationQuery } from 'vue-router'
import { PRIORITIES, STATUSES } from './options'
import type { TaskStatus } from './types'

export interface TaskFilter {
  list?: string
  status?: TaskStatus
  priority?: number
  tag?: string
  q?: string
}

const asText = (value: unknown) => (typeof value === 'string' && value ? value : undefined)
const asStatus = (value: unknown) => STATUSES.find((option) => option.value === value)?.value
const asPriority = (value: unknown) =>
  PRIORITIES.find((option) => option.value > 0 && String(option.value) === value)?.value

export const withoutUndefined = <T extends object>(source: T): T =>
  Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined)) as T

export const filterFromQuery = (query: LocationQuery | Record<string, unknown>): TaskFilter =>
  withoutUndefined({
    list: asText(query.list),
    status: asStatus(query.status),
    priority: asPriority(query.priority),
    tag: asText(query.tag),
    q: asText(query.q)?.trim() || undefined,
  })

/** A saved view stores its filter as a query string. */
export const filterFromView = (query: string): TaskFilter =>
  filterFromQuery(Object.fromEntries(new URLSearchParams(query)))

export const toQueryString = (filter: TaskFilter): string =>
  new URLSearchParams(Object.entries(withoutUndefined(filter)).map(([name, value]) => [name, String(value)])).toString()

export const isFiltered = (filter: TaskFilter) => Object.keys(withoutUndefined(filter)).length > 0
