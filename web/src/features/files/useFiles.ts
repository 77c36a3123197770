// One paged list of files.
import type { Ref } from 'vue'
import type { FileFamily, FileQuery, FileSort, StoredFile } from '@/api/types'
import { fileChanges } from '@/changes'
import { usePagedList } from '@/lib/usePagedList'
import { listFiles } from './api'

export interface FilesFilter {
  q: string
  sort: FileSort
  type?: FileFamily | undefined
  tag?: string
  trashed: boolean
}

export function useFiles(filter: Readonly<Ref<FilesFilter>>) {
  const list = usePagedList<StoredFile, FilesFilter>(filter, {
    page: (filter, cursor, signal, limit) =>
      listFiles({ ...toQuery(filter), limit, ...(cursor ? { cursor } : {}) }, signal),
    sameScope: (a, b) => a.trashed === b.trashed && a.type === b.type && a.tag === b.tag,
    seen: (items) => items.forEach((file) => fileChanges.markSeen(file.id, file.version)),
  })
  fileChanges.onStale(list.refresh)

  /** Replaces the file without sorting the list again. */
  function replace(file: StoredFile) {
    list.items.value = list.items.value.map((item) => (item.id === file.id ? file : item))
  }

  return { ...list, replace }
}

export type FileList = ReturnType<typeof useFiles>

function toQuery({ q, sort, type, tag, trashed }: FilesFilter): FileQuery {
  return {
    sort,
    ...(trashed ? { trashed } : {}),
    ...(q.trim() ? { q: q.trim() } : {}),
    ...(type ? { type } : {}),
    ...(tag ? { tag } : {}),
  }
}
