// Thumbnails of files: loaded with the token near the viewport, a few at a time, and released far away from it.
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import type { Attachment } from '@/api/types'
import { readContent } from './api'
import { hasThumbnail } from './families'

const LOAD_MARGIN = '400px'
const RELEASE_MARGIN = '2400px'
const MAX_PARALLEL = 4
let running = 0
const waiting: (() => void)[] = []

async function withSlot<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  if (running >= MAX_PARALLEL) await new Promise<void>((resolve) => waiting.push(resolve))
  running += 1
  try {
    return signal.aborted ? undefined : await work()
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}

type Listener = (near: boolean) => void
const listeners = new WeakMap<Element, Listener>()

function observer(margin: string, toNear: (isIntersecting: boolean) => boolean | undefined) {
  return new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const near = toNear(isIntersecting)
        if (near !== undefined) listeners.get(target)?.(near)
      }
    },
    { rootMargin: margin },
  )
}

let observers: IntersectionObserver[] | undefined
/** Two margins, so that a thumbnail at the edge is not loaded and released again and again. */
const bothObservers = () =>
  (observers ??= [
    observer(LOAD_MARGIN, (inside) => inside || undefined),
    observer(RELEASE_MARGIN, (inside) => (inside ? undefined : false)),
  ])

/** The object URL of the thumbnail while it is loaded. */
export function useThumbnail(
  element: Readonly<Ref<Element | null>>,
  file: () => Pick<Attachment, 'id' | 'mime' | 'size_bytes'>,
) {
  const url = ref<string>()
  let request: AbortController | undefined

  async function load() {
    if (request || !hasThumbnail(file())) return
    const mine = (request = new AbortController())
    try {
      const bytes = await withSlot(mine.signal, async () => (await readContent(file().id, mine.signal)).blob())
      if (bytes && !mine.signal.aborted) url.value = URL.createObjectURL(bytes)
    } catch {
      // The icon is shown instead.
    }
  }

  function release() {
    request?.abort()
    request = undefined
    if (url.value) URL.revokeObjectURL(url.value)
    url.value = undefined
  }

  watch(
    element,
    (now, before) => {
      for (const observer of bothObservers()) {
        if (before) observer.unobserve(before)
        if (now) observer.observe(now)
      }
      if (now) listeners.set(now, (near) => (near ? void load() : release()))
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => {
    if (element.value) for (const observer of bothObservers()) observer.unobserve(element.value)
    release()
  })
  return url
}
