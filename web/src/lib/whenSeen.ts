// Owns doing something when an element comes into sight: the end of a list loads more. Refuses to watch for what
// leaves it.
import { onScopeDispose, watch, type Ref } from 'vue'

export function whenSeen(element: Readonly<Ref<Element | null>>, work: () => void) {
  const observer = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) work()
  })
  watch(element, (now, before) => {
    if (before) observer.unobserve(before)
    if (now) observer.observe(now)
  })
  onScopeDispose(() => observer.disconnect())
}
