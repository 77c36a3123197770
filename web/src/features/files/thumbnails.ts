// Owns the small pictures of files: fetched with the token when they come near the screen, a few at a time, and given
// back when they are scrolled far away. Refuses files that are too big or no pictures.
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import type { Attachment } from '@/api/types'
import { readContent } from './api'
import { hasThumbnail } from './families'

const NEAR = '400px'
const FAR = '2400px'
const MOST_AT_ONCE = 4
let running = 0
const line: (() => void)[] = []

async function inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  if (running >= MOST_AT_ONCE) await new Promise<void>((resolve) => line.push(resolve))
  running += 1
  try {
    return signal.aborted ? undefined : await work()
  } finally {
    running -= 1
    line.shift()?.()
  }
}

type Watcher = (near: boolean) => void
const watchers = new WeakMap<Element, Watcher>()

function observer(margin: string, tells: (isIntersecting: boolean) => boolean | undefined) {
  return new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const near = tells(isIntersecting)
        if (near !== undefined) watchers.get(target)?.(near)
      }
    },
    { rootMargin: margin },
  )
}

let observers: IntersectionObserver[] | undefined
/** Coming near and going far are two lines, so that a picture at the edge does not flicker. */
const bothLines = () =>
  (observers ??= [
    observer(NEAR, (inside) => inside || undefined),
    observer(FAR, (inside) => (inside ? undefined : false)),
  ])

/** The address of the picture while it is there. */
export function useThumbnail(
  element: Readonly<Ref<Element | null>>,
  file: () => Pick<Attachment, 'id' | 'mime' | 'size_bytes'>,
) {
  const address = ref<string>()
  let wanted: AbortController | undefined

  async function load() {
    if (wanted || !hasThumbnail(file())) return
    const mine = (wanted = new AbortController())
    try {
      const bytes = await inTurn(mine.signal, async () => (await readContent(file().id, mine.signal)).blob())
      if (bytes && !mine.signal.aborted) address.value = URL.createObjectURL(bytes)
    } catch {
      // The icon stays.
    }
  }

  function release() {
    wanted?.abort()
    wanted = undefined
    if (address.value) URL.revokeObjectURL(address.value)
    address.value = undefined
  }

  watch(
    element,
    (now, before) => {
      for (const line of bothLines()) {
        if (before) line.unobserve(before)
        if (now) line.observe(now)
      }
      if (now) watchers.set(now, (near) => (near ? void load() : release()))
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => {
    if (element.value) for (const line of bothLines()) line.unobserve(element.value)
    release()
  })
  return address
}
