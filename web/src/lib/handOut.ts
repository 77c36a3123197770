// Owns handing a text out of the page: into the clipboard, or as a file. Refuses to keep it.

/** Without a secure context there is no clipboard: then what is on the screen is selected and copied the
 *  old way. False means that it is selected, and the person copies it. */
export async function copyText(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    if (!shown) return false
    window.getSelection()?.selectAllChildren(shown)
    // Deprecated, and the only way on a plain http address of one's own network.
    return document.execCommand('copy')
  }
}

/** The browser saves what is at this address. */
export function saveFrom(address: string, fileName: string) {
  const link = document.createElement('a')
  link.href = address
  link.download = fileName
  link.click()
}

export function saveText(fileName: string, text: string) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  saveFrom(address, fileName)
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
