// Owns what the address narrows the list to (a notebook, a tag), what that is called, and what a new
// note there begins with. Refuses to load the notes.
import { computed, reactive, type Ref } from 'vue'
import { useRoute } from 'vue-router'
import type { NoteLabels } from '@/api/types'
import { useNotebooks } from '@/features/notebooks/store'
import { useTags } from '@/features/tags/store'
import { sameTag } from '@/features/tags/tagNames'
import { pathTo } from '@/features/notebooks/tree'
import { PLACES, type Place } from './places'

const word = (value: unknown) => (typeof value === 'string' ? value : '')

export function useScope(place: Readonly<Ref<Place>>) {
  const route = useRoute()
  const { items, byId, loaded } = useNotebooks()
  const { items: tags } = useTags()

  const narrowed = (name: string) => (place.value === 'notes' ? word(route.query[name]) : '')
  const notebookId = computed(() => narrowed('notebook'))
  const tag = computed(() => narrowed('tag'))
  const notebook = computed(() => byId.value.get(notebookId.value))
  const missing = computed(() =>
    Boolean(notebookId.value && notebookId.value !== 'none' && loaded.value && !notebook.value),
  )
  const tagEntry = computed(() => (tag.value ? tags.value.find((entry) => sameTag(entry.name, tag.value)) : undefined))

  const title = computed(() => {
    if (notebookId.value === 'none') return 'No notebook'
    if (notebookId.value) return notebook.value?.name ?? 'Notebook'
    return tag.value ? `#${tagEntry.value?.name ?? tag.value}` : PLACES[place.value].title
  })

  return reactive({
    notebookId,
    tag,
    notebook,
    tagEntry,
    missing,
    title,
    searchLabel: computed(() =>
      notebookId.value || tag.value ? `Search in ${title.value}` : PLACES[place.value].searchLabel,
    ),
    /** Where the notebook is, when that is not at the top. */
    path: computed(() => {
      const path = pathTo(items.value, notebookId.value || null).map((one) => one.name)
      return path.length > 1 ? path.join(' / ') : undefined
    }),
    /** The part of the address that names the scope. */
    query: computed(() => ({
      ...(notebookId.value ? { notebook: notebookId.value } : {}),
      ...(tag.value ? { tag: tag.value } : {}),
    })),
    nameOf: (id: string | null | undefined) => (id ? byId.value.get(id)?.name : undefined),
    /** What a note that is begun here belongs to. */
    beginning: computed<NoteLabels>(() => ({
      notebook_id: notebook.value?.id ?? null,
      tags: tag.value ? [tagEntry.value?.name ?? tag.value] : [],
    })),
  })
}

export type NoteScope = ReturnType<typeof useScope>
