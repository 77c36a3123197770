// Copies text to the clipboard and saves text or a link as a file.

/** Returns false if the text in `element` could only be selected, for the user to copy. */
export async function copyText(text: string, element: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    if (!element) return false
    window.getSelection()?.selectAllChildren(element)
    // Deprecated, but the clipboard API needs a secure context and does not exist on plain HTTP.
    return document.execCommand('copy')
  }
}

export function downloadUrl(url: string, fileName: string) {
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
}

export function downloadText(fileName: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  downloadUrl(url, fileName)
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
