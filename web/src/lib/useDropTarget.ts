// Files that are dropped on an element or pasted into it. Drags of anything else are ignored.
import { useEventListener } from '@vueuse/core'
import { ref, type Ref } from 'vue'
import { showToast } from './toasts'

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false

/** Leaves out folders: they have no content. */
function filesOf(transfer: DataTransfer | null): File[] {
  if (!transfer) return []
  const entries = [...transfer.items].filter((item) => item.kind === 'file')
  const files = entries.filter((item) => item.webkitGetAsEntry()?.isDirectory !== true).map((item) => item.getAsFile())
  return files.filter((file) => file !== null)
}

/** Returns whether files are being dragged over the element. */
export function useDropTarget(
  element: Readonly<Ref<HTMLElement | null>>,
  onFiles: (files: File[]) => void,
  accepts: () => boolean = () => true,
) {
  const over = ref(false)
  /** A child is entered before its parent is left. */
  let depth = 0

  // In the capturing phase: the editor inside has handlers of its own for dropped files.
  const listen = (type: 'dragenter' | 'dragover' | 'dragleave' | 'drop', handler: (event: DragEvent) => void) =>
    useEventListener(element, type, (event) => hasFiles(event) && handler(event), { capture: true })

  listen('dragenter', (event) => {
    if (!accepts()) return
    event.preventDefault()
    depth += 1
    over.value = true
  })
  listen('dragover', (event) => {
    if (!accepts()) return
    event.preventDefault()
    event.dataTransfer!.dropEffect = 'copy'
  })
  listen('dragleave', () => {
    depth = Math.max(0, depth - 1)
    if (depth === 0) over.value = false
  })
  listen('drop', (event) => {
    if (!accepts()) return
    event.preventDefault()
    event.stopPropagation()
    depth = 0
    over.value = false
    const files = filesOf(event.dataTransfer)
    if (files.length > 0) onFiles(files)
    else showToast('Folders cannot be uploaded. Drop the files instead.')
  })

  return over
}

/** Pasted files. None if the clipboard also has text: a table copied from a spreadsheet is both. */
export function pastedFiles(event: ClipboardEvent): File[] {
  const transfer = event.clipboardData
  if (!transfer || transfer.types.includes('text/plain')) return []
  return filesOf(transfer).map(withUniqueName)
}

/** Images from the clipboard are all called "image.png". */
function withUniqueName(file: File): File {
  if (!/^image\.(png|jpe?g|gif|webp)$/.test(file.name)) return file
  const now = new Date()
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  const time = `${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`
  return new File([file], `Pasted ${date} ${time}.${file.name.split('.').pop()}`, {
    type: file.type,
    lastModified: file.lastModified,
  })
}
