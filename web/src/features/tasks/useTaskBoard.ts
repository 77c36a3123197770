// The board layout of the tasks screen: one paged list per status, and moving a card.
import { computed } from 'vue'
import { STATUSES } from './options'
import type { TaskStatus, TaskSummary } from './types'
import type { TaskActions } from './useTaskActions'
import type { PagedTasks, Tasks } from './useTasks'

interface Options {
  columns: Record<TaskStatus, PagedTasks>
  insert: Tasks<string>['insert']
  actions: Pick<TaskActions, 'move'>
}

export function useTaskBoard({ columns, insert, actions }: Options) {
  return {
    columns,
    visible: computed<readonly TaskSummary[]>(() => STATUSES.flatMap(({ value }) => columns[value].items.value)),
    hasMore: computed(() => STATUSES.some(({ value }) => columns[value].hasMore.value)),
    move: (task: TaskSummary, status: TaskStatus, index: number) =>
      void actions.move(task, columns[status].items.value, { status, index }, (moved) =>
        insert(moved, columns[status], index),
      ),
  }
}
