// The notebook or tag that the route filters the list by: its title, its query, and the defaults of new notes.
import { computed, reactive, type Ref } from 'vue'
import { useRoute } from 'vue-router'
import type { NoteLabels } from '@/api/types'
import { useNotebooks } from '@/features/notebooks/store'
import { useTags } from '@/features/tags/store'
import { sameTag } from '@/features/tags/tagNames'
import { pathTo } from '@/features/notebooks/path'
import { SECTIONS, type NoteSection } from './sections'

const asString = (value: unknown) => (typeof value === 'string' ? value : '')

export function useScope(section: Readonly<Ref<NoteSection>>) {
  const route = useRoute()
  const { items, byId, loaded } = useNotebooks()
  const { items: tags } = useTags()

  const filterOf = (name: string) => (section.value === 'notes' ? asString(route.query[name]) : '')
  const notebookId = computed(() => filterOf('notebook'))
  const tag = computed(() => filterOf('tag'))
  const notebook = computed(() => byId.value.get(notebookId.value))
  const missing = computed(() =>
    Boolean(notebookId.value && notebookId.value !== 'none' && loaded.value && !notebook.value),
  )
  const tagEntry = computed(() => (tag.value ? tags.value.find((entry) => sameTag(entry.name, tag.value)) : undefined))

  const title = computed(() => {
    if (notebookId.value === 'none') return 'No notebook'
    if (notebookId.value) return notebook.value?.name ?? 'Notebook'
    return tag.value ? `#${tagEntry.value?.name ?? tag.value}` : SECTIONS[section.value].title
  })

  return reactive({
    notebookId,
    tag,
    notebook,
    tagEntry,
    missing,
    title,
    searchLabel: computed(() =>
      notebookId.value || tag.value ? `Search in ${title.value}` : SECTIONS[section.value].searchLabel,
    ),
    /** The path of the notebook, unless it is at the top level. */
    path: computed(() => {
      const path = pathTo(items.value, notebookId.value || null).map((ancestor) => ancestor.name)
      return path.length > 1 ? path.join(' / ') : undefined
    }),
    /** The query of the route. */
    query: computed(() => ({
      ...(notebookId.value ? { notebook: notebookId.value } : {}),
      ...(tag.value ? { tag: tag.value } : {}),
    })),
    nameOf: (id: string | null | undefined) => (id ? byId.value.get(id)?.name : undefined),
    /** Labels of a new note. */
    newNoteDefaults: computed<NoteLabels>(() => ({
      notebook_id: notebook.value?.id ?? null,
      tags: tag.value ? [tagEntry.value?.name ?? tag.value] : [],
    })),
  })
}

export type NoteScope = ReturnType<typeof useScope>
