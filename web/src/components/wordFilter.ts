// Filters lists by what is typed: every word must occur, in any order; case and accents are ignored.
import { useFilter } from 'reka-ui'

export function useWordFilter() {
  const { contains } = useFilter({ sensitivity: 'base' })
  return (text: string, query: string) => query.split(/[\s/_,]+/).every((word) => contains(text, word))
}
