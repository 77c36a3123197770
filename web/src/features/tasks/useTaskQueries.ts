// The API queries of the tasks screen: those of the list layout, and one for each column of the board. A query is null
// while its list is not displayed.
import { computed, type Ref } from 'vue'
import { containerQuery } from './containers'
import type { TaskQuery, TaskSort, TaskStatus } from './types'
import type { TaskRoute } from './useTaskRoute'

export type OptionalQuery = TaskQuery | null

const baseQuery = (route: TaskRoute) => containerQuery(route.container, route.key, route.filter)
const isKnown = (route: TaskRoute) => route.ready && !route.missing

export function useListQueries(route: TaskRoute, showCompleted: Readonly<Ref<boolean>>) {
  const base = computed(() => baseQuery(route))
  const visible = computed(() => route.layout === 'list' && isKnown(route))
  /** The server decides which statuses belong to the result; elsewhere completed tasks are a query of their own. */
  const single = computed(() => route.listOnly || Boolean(base.value.q) || Boolean(base.value.status))
  /** Smart lists and searches have an order of their own. */
  const sort = computed<{ sort?: TaskSort }>(() => {
    if (route.container === 'trash') return { sort: 'updated' }
    return route.grouping === 'due' && !single.value ? { sort: 'due' } : {}
  })

  return {
    /** There is no separate list of completed tasks. */
    single,
    main: computed<OptionalQuery>(() =>
      visible.value ? { ...base.value, ...sort.value, ...(single.value ? {} : { status: 'open' }) } : null,
    ),
    /** Today includes the overdue tasks, which the API lists separately. */
    overdue: computed<OptionalQuery>(() =>
      visible.value && route.container === 'today' ? { ...base.value, smart: 'overdue' } : null,
    ),
    completed: computed<OptionalQuery>(() =>
      visible.value && showCompleted.value && !single.value
        ? { ...base.value, status: 'done', sort: 'completed' }
        : null,
    ),
  }
}

export function useBoardQueries(route: TaskRoute) {
  const column = (status: TaskStatus) =>
    computed<OptionalQuery>(() => {
      const base = baseQuery(route)
      const excluded = base.status !== undefined && base.status !== status
      if (route.layout !== 'board' || !isKnown(route) || excluded) return null
      return { ...base, parent: 'none', status }
    })
  return { todo: column('todo'), doing: column('doing'), done: column('done') }
}
