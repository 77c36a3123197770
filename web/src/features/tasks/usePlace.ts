// Owns what the address says about the tasks to be shown: place, filters, layout, headings, open task; and what
// to ask the server for it. Refuses to ask.
import { computed, reactive, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { quietly } from '@/lib/announce'
import { readPreference, writePreference } from '@/lib/storage'
import { filterIn, filterOfView, GROUPINGS, isNarrowed, isSmart, questionOf, SMART, type Grouping, type Layout, type Place, type TaskFilter } from './places'
import { useLists, useViews } from './stores'
import type { Question } from './useTasks'
import type { TaskSort, TaskStatus } from './wire'

const word = (value: unknown) => (typeof value === 'string' ? value : '')
const without = (filter: object) => Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ''))

export function usePlace() {
  const route = useRoute()
  const router = useRouter()
  const { byId: lists, loaded: listsLoaded } = useLists()
  const { byId: views, loaded: viewsLoaded } = useViews()

  const place = computed<Place>(() => (word(route.params.place) || 'all') as Place)
  const key = computed(() => word(route.params.key))
  const list = computed(() => (place.value === 'list' ? lists.value.get(key.value) : undefined))
  const view = computed(() => (place.value === 'view' ? views.value.get(key.value) : undefined))
  const filter = computed<TaskFilter>(() => ({ ...(view.value ? filterOfView(view.value.query) : {}), ...filterIn(route.query) }))
  const smart = computed(() => isSmart(place.value) || place.value === 'trash')

  const kept = ref<Layout>(readPreference('task-layout') === 'board' ? 'board' : 'list')
  watch(kept, (now) => writePreference('task-layout', now === 'list' ? null : now))
  const layout = computed<Layout>({
    get: () => (smart.value ? 'list' : route.query.layout === 'board' || route.query.layout === 'list' ? route.query.layout : (view.value?.layout ?? kept.value)),
    set(wanted) {
      if (place.value !== 'view') kept.value = wanted
      void replace({ ...route.query, layout: place.value === 'view' && wanted !== view.value?.layout ? wanted : undefined })
    },
  })
  const chosen = ref(readPreference('task-groups'))
  const grouping = computed<Grouping>({
    get: () => GROUPINGS.find((one) => one.value === chosen.value)?.value ?? (smart.value ? 'due' : place.value === 'all' ? 'list' : 'none'),
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
    missing: computed(() => (place.value === 'list' && listsLoaded.value && !list.value) || (place.value === 'view' && viewsLoaded.value && !view.value)),
    oneList: computed(() => place.value === 'list' || place.value === 'inbox' || Boolean(filter.value.list)),
    /** A saved view is not known before it has come. */
    ready: computed(() => place.value !== 'view' || Boolean(view.value)),
    narrow(next: TaskFilter) {
      const { task, layout: shown } = route.query
      return replace({ task, layout: shown, ...next })
    },
    open: (id: string) => router.push({ params: route.params, query: { ...route.query, task: id } }),
    close: () => quietly(() => router.push({ params: route.params, query: without({ ...route.query, task: undefined }) })),
  })
}

export type TaskPlace = ReturnType<typeof usePlace>

/** What to ask for: all at once, or each status by itself where an order by hand is shown. `withDone`: what is
 *  done is shown as well. */
export function questionsOf(place: TaskPlace, withDone: () => boolean) {
  const whole = computed(() => questionOf(place.place, place.key, place.filter))
  const board = computed(() => place.layout === 'board')
  const single = computed(() => !board.value && (place.smart || Boolean(whole.value.q) || Boolean(whole.value.status)))

  function sortOf(status: TaskStatus): { sort?: TaskSort } {
    if (board.value || place.place === 'done') return {}
    if (place.place === 'trash' || status === 'done') return { sort: 'updated' }
    return place.smart || place.grouping === 'due' ? { sort: 'due' } : {}
  }

  const column = (status: TaskStatus) =>
    computed<Question>(() => {
      if (!place.ready || place.missing) return null
      if (single.value) return status === 'todo' ? { ...whole.value, ...sortOf(status) } : null
      if (status === 'done' && !board.value && !withDone()) return null
      if (whole.value.status && whole.value.status !== status) return null
      return { ...whole.value, ...sortOf(status), status }
    })
  return { todo: column('todo'), doing: column('doing'), done: column('done'), single }
}
