// The list layout of the tasks screen: its sections, the completed tasks below them, and moving a task within them.
import { computed, type Ref } from 'vue'
import { dateIn } from '@/lib/civil'
import { useClock } from './dates'
import { completedSections, rowsOf, sectionsOf, topLevelTasks, type Section } from './grouping'
import { useLists } from './stores'
import type { TaskSummary } from './types'
import type { TaskActions } from './useTaskActions'
import type { TaskRoute } from './useTaskRoute'
import type { PagedTasks, Tasks } from './useTasks'

interface Options {
  route: TaskRoute
  lists: Record<'main' | 'overdue' | 'completed', PagedTasks>
  showCompleted: Readonly<Ref<boolean>>
  insert: Tasks<string>['insert']
  actions: Pick<TaskActions, 'move' | 'setPriority'>
}

export function useTaskList({ route, lists: { main, overdue, completed }, showCompleted, insert, actions }: Options) {
  const { zone, now, today } = useClock()
  const { sorted: taskLists } = useLists()

  const sections = computed<Section[]>(() => {
    if (route.container === 'done')
      return completedSections(main.items.value, (iso) => dateIn(zone.value, new Date(iso)), today.value)
    if (route.container === 'trash' || route.filter.q)
      return main.items.value.length > 0
        ? [{ key: 'all', title: route.title, manualOrder: false, tasks: main.items.value }]
        : []
    // A task that was due earlier today is in both lists.
    const overdueIds = new Set(overdue.items.value.map((task) => task.id))
    return sectionsOf(
      [...overdue.items.value, ...main.items.value.filter((task) => !overdueIds.has(task.id))],
      route.grouping,
      { zone: zone.value, now: now.value, lists: taskLists.value, oneList: route.oneList },
    )
  })
  const completedSection = computed<Section>(() => ({
    key: 'completed',
    title: 'Completed',
    manualOrder: false,
    tasks: completed.items.value,
  }))
  const visible = computed<readonly TaskSummary[]>(() => {
    const rows = sections.value.flatMap((section) => rowsOf(section.tasks).map(({ task }) => task))
    return showCompleted.value ? [...rows, ...completed.items.value] : rows
  })
  const paged = computed(() => (showCompleted.value ? [main, overdue, completed] : [main, overdue]))

  /** To another position within its siblings: the tasks of a section, or the subtasks of one task. */
  function reorder(
    task: TaskSummary,
    siblings: readonly TaskSummary[],
    index: number,
    to: { list_id?: string | null } = {},
  ) {
    const others = siblings.filter((sibling) => sibling.id !== task.id)
    void actions.move(task, siblings, { ...to, status: task.status, index }, (moved) => {
      // `main` holds the tasks of all sections: the index within it follows from the neighbour above, or the one below.
      const column = main.items.value.filter((other) => other.id !== task.id)
      const above = others.slice(0, index).findLast((sibling) => column.includes(sibling))
      const below = others.slice(index).find((sibling) => column.includes(sibling))
      insert(moved, main, above ? column.indexOf(above) + 1 : below ? column.indexOf(below) : column.length)
    })
  }

  /** A task in another section gets the list or the priority of that section. */
  function move(task: TaskSummary, section: Section, index: number) {
    if (section.priority !== undefined) {
      if (task.priority !== section.priority) void actions.setPriority(task, section.priority)
      return
    }
    const otherList = section.list_id !== undefined && (task.list_id ?? null) !== section.list_id
    reorder(task, topLevelTasks(section), index, otherList ? { list_id: section.list_id! } : {})
  }

  return {
    sections,
    completedSection,
    visible,
    hasMore: computed(() => paged.value.some((list) => list.hasMore.value)),
    loadMore: () => paged.value.forEach((list) => void list.loadMore()),
    move,
    reorder,
  }
}
