// The state of the tasks screen that is in the URL: container, filter, layout and the open task.
import { computed, reactive } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { navigateSilently } from '@/lib/announce'
import { isSmartList, SMART_LISTS, type Container } from './containers'
import { filterFromQuery, filterFromView, isFiltered, type TaskFilter } from './filters'
import { useLists, useViews } from './stores'
import { useTaskLayout } from './useTaskLayout'

const asString = (value: unknown) => (typeof value === 'string' ? value : '')
const withoutEmpty = (query: object) =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== ''))

export function useTaskRoute() {
  const route = useRoute()
  const router = useRouter()
  const { byId: lists, loaded: listsLoaded } = useLists()
  const { byId: views, loaded: viewsLoaded } = useViews()

  const container = computed(() => (asString(route.params.container) || 'all') as Container)
  const key = computed(() => asString(route.params.key))
  const list = computed(() => (container.value === 'list' ? lists.value.get(key.value) : undefined))
  const view = computed(() => (container.value === 'view' ? views.value.get(key.value) : undefined))
  const filter = computed<TaskFilter>(() => ({
    ...(view.value ? filterFromView(view.value.query) : {}),
    ...filterFromQuery(route.query),
  }))
  const listOnly = computed(() => isSmartList(container.value) || container.value === 'trash')

  const replaceQuery = (query: object) =>
    navigateSilently(() => router.replace({ params: route.params, query: withoutEmpty(query) }))
  const { layout, grouping } = useTaskLayout({ container, view, listOnly, replaceQuery })

  const title = computed(() => {
    if (isSmartList(container.value)) return SMART_LISTS[container.value]
    if (container.value === 'list') return list.value?.name ?? 'List'
    if (container.value === 'view') return view.value?.name ?? 'View'
    return { all: 'Tasks', inbox: 'Inbox', trash: 'Trash' }[container.value]
  })

  return reactive({
    container,
    key,
    list,
    view,
    filter,
    listOnly,
    layout,
    grouping,
    openId: computed(() => asString(route.query.task)),
    title,
    filtered: computed(() => isFiltered(filter.value)),
    /** The list or view of the URL does not exist. */
    missing: computed(
      () =>
        (container.value === 'list' && listsLoaded.value && !list.value) ||
        (container.value === 'view' && viewsLoaded.value && !view.value),
    ),
    /** All tasks are of the same list. */
    oneList: computed(() => container.value === 'list' || container.value === 'inbox' || Boolean(filter.value.list)),
    /** False until the filter of a saved view is loaded. */
    ready: computed(() => container.value !== 'view' || Boolean(view.value)),
    setFilter(next: TaskFilter) {
      const { task, layout: shown } = route.query
      return replaceQuery({ task, layout: shown, ...next })
    },
    open: (id: string) => router.push({ params: route.params, query: { ...route.query, task: id } }),
    close: () =>
      navigateSilently(() =>
        router.push({ params: route.params, query: withoutEmpty({ ...route.query, task: undefined }) }),
      ),
  })
}

export type TaskRoute = ReturnType<typeof useTaskRoute>
