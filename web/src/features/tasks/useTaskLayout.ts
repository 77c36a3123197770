// Layout (list or board) and grouping of the tasks screen. The route comes first, then the saved view, then the stored
// preference.
import { computed, ref, watch, type Ref } from 'vue'
import { useRoute } from 'vue-router'
import { readPreference, writePreference } from '@/lib/storage'
import type { Container } from './containers'
import { GROUPINGS, type Grouping, type Layout } from './options'
import type { SavedView } from './types'

interface Options {
  container: Readonly<Ref<Container>>
  view: Readonly<Ref<SavedView | undefined>>
  /** Smart lists and the trash have no board. */
  listOnly: Readonly<Ref<boolean>>
  replaceQuery: (query: object) => unknown
}

const asLayout = (value: unknown): Layout | undefined => (value === 'board' || value === 'list' ? value : undefined)

export function useTaskLayout({ container, view, listOnly, replaceQuery }: Options) {
  const route = useRoute()
  const preferred = ref<Layout>(asLayout(readPreference('task-layout')) ?? 'list')
  watch(preferred, (now) => writePreference('task-layout', now === 'list' ? null : now))

  const layout = computed<Layout>({
    get() {
      if (listOnly.value) return 'list'
      return asLayout(route.query.layout) ?? (view.value ? (asLayout(view.value.layout) ?? 'list') : preferred.value)
    },
    set(next) {
      const inView = container.value === 'view'
      if (!inView) preferred.value = next
      replaceQuery({ ...route.query, layout: inView && next !== view.value?.layout ? next : undefined })
    },
  })

  const stored = ref(readPreference('task-groups'))
  const grouping = computed<Grouping>({
    get() {
      const chosen = GROUPINGS.find((option) => option.value === stored.value)?.value
      if (chosen) return chosen
      if (listOnly.value) return 'due'
      return container.value === 'all' || container.value === 'view' ? 'list' : 'none'
    },
    set: (next) => writePreference('task-groups', (stored.value = next)),
  })

  return { layout, grouping }
}
