// Owns what the address says about the tasks to be shown: place, filters, layout, headings, open task; and what
// to ask the server for it. Refuses to ask.
import { computed, reactive, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { quietly } from '@/lib/announce'
import { readPreference, writePreference } from '@/lib/storage'
import {
  filterIn,
  filterOfView,
  GROUPINGS,
  isNarrowed,
  isSmart,
  questionOf,
  SMART,
  type Grouping,
  type Layout,
  type Place,
  type TaskFilter,
} from './containers'
import { useLists, useViews } from './stores'
import type { Question } from './useTasks'
import type { TaskQuery, TaskSort, TaskStatus } from './types'

const word = (value: unknown) => (typeof value === 'string' ? value : '')
const without = (filter: object) =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ''))

export function useTaskRoute() {
  const route = useRoute()
  const router = useRouter()
  const { byId: lists, loaded: listsLoaded } = useLists()
  const { byId: views, loaded: viewsLoaded } = useViews()

  const place = computed<Place>(() => (word(route.params.place) || 'all') as Place)
  const key = computed(() => word(route.params.key))
  const list = computed(() => (place.value === 'list' ? lists.value.get(key.value) : undefined))
  const view = computed(() => (place.value === 'view' ? views.value.get(key.value) : undefined))
  const filter = computed<TaskFilter>(() => ({
    ...(view.value ? filterOfView(view.value.query) : {}),
    ...filterIn(route.query),
  }))
  const smart = computed(() => isSmart(place.value) || place.value === 'trash')

  const kept = ref<Layout>(readPreference('task-layout') === 'board' ? 'board' : 'list')
  watch(kept, (now) => writePreference('task-layout', now === 'list' ? null : now))
  const layout = computed<Layout>({
    get: () =>
      smart.value
        ? 'list'
        : route.query.layout === 'board' || route.query.layout === 'list'
          ? route.query.layout
          : view.value
            ? view.value.layout === 'board'
              ? 'board'
              : 'list'
            : kept.value,
    set(wanted) {
      if (place.value !== 'view') kept.value = wanted
      void replace({
        ...route.query,
        layout: place.value === 'view' && wanted !== view.value?.layout ? wanted : undefined,
      })
    },
  })
  const chosen = ref(readPreference('task-groups'))
  const grouping = computed<Grouping>({
    get: () =>
      GROUPINGS.find((one) => one.value === chosen.value)?.value ??
      (smart.value ? 'due' : place.value === 'all' || place.value === 'view' ? 'list' : 'none'),
    set: (wanted) => writePreference('task-groups', (chosen.value = wanted)),
  })

  const replace = (query: object) => quietly(() => router.replace({ params: route.params, query: without(query) }))
  const openId = computed(() => word(route.query.task))

  const title = computed(() => {
    if (isSmart(place.value)) return SMART[place.value]
    if (place.value === 'list') return list.value?.name ?? 'List'
    if (place.value === 'view') return view.value?.name ?? 'View'
    return { all: 'Tasks', inbox: 'Inbox', trash: 'Trash of tasks' }[place.value as 'all' | 'inbox' | 'trash']
  })

  return reactive({
    place,
    key,
    list,
    view,
    filter,
    smart,
    layout,
    grouping,
    openId,
    title,
    narrowed: computed(() => isNarrowed(filter.value)),
    missing: computed(
      () =>
        (place.value === 'list' && listsLoaded.value && !list.value) ||
        (place.value === 'view' && viewsLoaded.value && !view.value),
    ),
    oneList: computed(() => place.value === 'list' || place.value === 'inbox' || Boolean(filter.value.list)),
    /** A saved view is not known before it has come. */
    ready: computed(() => place.value !== 'view' || Boolean(view.value)),
    narrow(next: TaskFilter) {
      const { task, layout: shown } = route.query
      return replace({ task, layout: shown, ...next })
    },
    open: (id: string) => router.push({ params: route.params, query: { ...route.query, task: id } }),
    close: () =>
      quietly(() => router.push({ params: route.params, query: without({ ...route.query, task: undefined }) })),
  })
}

export type TaskPlace = ReturnType<typeof useTaskRoute>

/** What to ask for: a column for each status on the board; else what is open, and what is done by itself, where
 *  that is wanted. */
export function questionsOf(place: TaskPlace, withDone: () => boolean) {
  const whole = computed(() => questionOf(place.place, place.key, place.filter))
  const board = computed(() => place.layout === 'board')
  const single = computed(() => !board.value && (place.smart || Boolean(whole.value.q) || Boolean(whole.value.status)))
  const known = computed(() => place.ready && !place.missing)
  /** Smart lists and searches have their own. */
  const sort = computed<{ sort?: TaskSort }>(() =>
    place.place === 'trash' ? { sort: 'updated' } : place.grouping === 'due' && !single.value ? { sort: 'due' } : {},
  )
  /** What the server is asked for one status, and not for another. */
  const only = (status: TaskStatus, more: TaskQuery): Question =>
    whole.value.status && whole.value.status !== status ? null : { ...whole.value, ...more, status }

  const first = computed<Question>(() => {
    if (!known.value) return null
    if (board.value) return only('todo', { parent: 'none' })
    return single.value ? { ...whole.value, ...sort.value } : { ...whole.value, ...sort.value, status: 'open' }
  })
  const second = computed<Question>(() => {
    if (!known.value) return null
    if (board.value) return only('doing', { parent: 'none' })
    // Whoever looks at today wants to know what should have been done before.
    return place.place === 'today' ? { ...whole.value, smart: 'overdue' } : null
  })
  const third = computed<Question>(() => {
    if (!known.value) return null
    if (board.value) return only('done', { parent: 'none' })
    return withDone() && !single.value ? { ...whole.value, status: 'done', sort: 'completed' } : null
  })
  return { first, second, third, single }
}
