// Owns where a task comes to stand: between which neighbours, as the server wants it told, and how the columns
// look before it has answered. Refuses to make positions: those are the server's.
import type { TaskMove, TaskStatus, TaskSummary } from './types'

export interface Spot {
  status: TaskStatus
  /** Left out: the list it is in. */
  list_id?: string | null
  /** Before which of the column's tasks, the moved one not counted; their number is the end. */
  index: number
}

const sameList = (a: string | null | undefined, b: string | null | undefined) => (a ?? null) === (b ?? null)

/** What to tell the server. Where tasks of several lists stand in one column, those of the same list count. */
export function moveTo(task: TaskSummary, column: readonly TaskSummary[], spot: Spot): TaskMove {
  const list = spot.list_id === undefined ? task.list_id : spot.list_id
  const others = column.filter((other) => other.id !== task.id)
  const mates = (part: readonly TaskSummary[]) => part.filter((other) => sameList(other.list_id, list))
  const after = mates(others.slice(0, spot.index)).at(-1)
  const before = mates(others.slice(spot.index))[0]
  return {
    ...(sameList(list, task.list_id) ? {} : { list_id: list ?? null }),
    ...(spot.status === task.status ? {} : { status: spot.status }),
    ...(after ? { after: after.id } : before ? { before: before.id } : {}),
  }
}

/** The column with the task at its place, wherever it was before. */
export function placed<T extends { id: string }>(column: readonly T[], task: T, index: number): T[] {
  const others = column.filter((other) => other.id !== task.id)
  const at = Math.min(Math.max(index, 0), others.length)
  return [...others.slice(0, at), task, ...others.slice(at)]
}

/** Whether the move leaves everything as it is. */
export function isMoved(task: TaskSummary, column: readonly TaskSummary[], spot: Spot): boolean {
  if (spot.status !== task.status || (spot.list_id !== undefined && !sameList(spot.list_id, task.list_id))) return true
  return column.findIndex((other) => other.id === task.id) !== spot.index
}
