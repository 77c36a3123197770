// Owns knowing whether files are being dragged over an element, and taking them when they are dropped or pasted there.
// Refuses drags of anything else: those belong to others.
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { showToast } from './toasts'

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false

/** Folders are no files: they come without bytes. */
function filesOf(transfer: DataTransfer | null): File[] {
  if (!transfer) return []
  const entries = [...transfer.items].filter((item) => item.kind === 'file')
  const files = entries.filter((item) => item.webkitGetAsEntry()?.isDirectory !== true).map((item) => item.getAsFile())
  return files.filter((file) => file !== null)
}

export function useDropTarget(
  element: Readonly<Ref<HTMLElement | null>>,
  take: (files: File[]) => void,
  when: () => boolean = () => true,
) {
  const over = ref(false)
  /** Entering a child comes before leaving its parent. */
  let depth = 0

  function enter(event: DragEvent) {
    if (!carriesFiles(event) || !when()) return
    event.preventDefault()
    depth += 1
    over.value = true
  }
  function hover(event: DragEvent) {
    if (!carriesFiles(event) || !when()) return
    event.preventDefault()
    event.dataTransfer!.dropEffect = 'copy'
  }
  function leave(event: DragEvent) {
    if (!carriesFiles(event)) return
    depth = Math.max(0, depth - 1)
    if (depth === 0) over.value = false
  }
  function drop(event: DragEvent) {
    if (!carriesFiles(event) || !when()) return
    event.preventDefault()
    event.stopPropagation()
    depth = 0
    over.value = false
    const files = filesOf(event.dataTransfer)
    if (files.length > 0) take(files)
    else showToast('Folders cannot be uploaded. Drop the files that are in them.')
  }

  watch(
    element,
    (now, before) => {
      if (before) toggle(before, 'removeEventListener')
      if (now) toggle(now, 'addEventListener')
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => element.value && toggle(element.value, 'removeEventListener'))

  /** In the capturing phase: an editor inside has ideas of its own about what is dropped on it. */
  function toggle(target: HTMLElement, how: 'addEventListener' | 'removeEventListener') {
    target[how]('dragenter', enter as EventListener, true)
    target[how]('dragover', hover as EventListener, true)
    target[how]('dragleave', leave as EventListener, true)
    target[how]('drop', drop as EventListener, true)
  }

  return over
}

/** Files that were pasted, where there is no text in the clipboard as well: a table from a sheet comes as both. */
export function pastedFiles(event: ClipboardEvent): File[] {
  const transfer = event.clipboardData
  if (!transfer || transfer.types.includes('text/plain')) return []
  return filesOf(transfer).map(named)
}

/** A picture from the clipboard is always called the same. */
function named(file: File): File {
  if (!/^image\.(png|jpe?g|gif|webp)$/.test(file.name)) return file
  const at = new Date()
  const two = (value: number) => String(value).padStart(2, '0')
  const stamp = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`
  return new File([file], `Pasted ${stamp}.${file.name.split('.').pop()}`, {
    type: file.type,
    lastModified: file.lastModified,
  })
}
