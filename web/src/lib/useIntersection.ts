// Calls back when an element scrolls into view, such as the end of a list that loads its next page.
import { useIntersectionObserver } from '@vueuse/core'
import type { Ref } from 'vue'

export function useIntersection(element: Readonly<Ref<HTMLElement | null>>, onEnter: () => void) {
  useIntersectionObserver(element, (entries) => {
    if (entries.some((entry) => entry.isIntersecting)) onEnter()
  })
}
