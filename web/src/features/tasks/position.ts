// The position of a moved task: the request to the server, and the order that is displayed until it answers.
//
// The server owns positions. A position is a sort key between those of its neighbours, and keys are comparable only
// within one list. The request therefore names a neighbour instead of a number: an index would be wrong as soon as
// another device changes the order, or when this page has not loaded all tasks. A board column may show tasks of several
// lists; then the nearest neighbour of the same list counts. `after` is preferred, because the task above is always
// loaded while the one below may be on the next page. Without a neighbour the server appends the task.
import type { MoveRequest, TaskStatus, TaskSummary } from './types'

export interface Position {
  status: TaskStatus
  /** Undefined: the list does not change. */
  list_id?: string | null
  /** Among the tasks of the column without the moved one; their number is the end. */
  index: number
}

const sameList = (a: string | null | undefined, b: string | null | undefined) => (a ?? null) === (b ?? null)

export function moveRequest(task: TaskSummary, column: readonly TaskSummary[], to: Position): MoveRequest {
  const list = to.list_id === undefined ? task.list_id : to.list_id
  const others = column.filter((other) => other.id !== task.id)
  const ofList = (part: readonly TaskSummary[]) => part.filter((other) => sameList(other.list_id, list))
  const after = ofList(others.slice(0, to.index)).at(-1)
  const before = ofList(others.slice(to.index))[0]
  return {
    ...(sameList(list, task.list_id) ? {} : { list_id: list ?? null }),
    ...(to.status === task.status ? {} : { status: to.status }),
    ...(after ? { after: after.id } : before ? { before: before.id } : {}),
  }
}

/** The column with the task at `index`, whether it was in this column before or not. */
export function insertAt<T extends { id: string }>(column: readonly T[], task: T, index: number): T[] {
  const others = column.filter((other) => other.id !== task.id)
  const at = Math.min(Math.max(index, 0), others.length)
  return [...others.slice(0, at), task, ...others.slice(at)]
}

/** False if the task is already there. */
export function isMoved(task: TaskSummary, column: readonly TaskSummary[], to: Position): boolean {
  if (to.status !== task.status || (to.list_id !== undefined && !sameList(to.list_id, task.list_id))) return true
  return column.findIndex((other) => other.id === task.id) !== to.index
}
