/**
 * Puts a text into the clipboard, as of a press of a button. Not by `navigator.clipboard`: the desktop program grants
 * pages no permission, and that asks for one.
 * @returns false where the system did not let it
 */
export function copyText(text: string): boolean {
  const take = (event: ClipboardEvent): void => {
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
  }
  document.addEventListener('copy', take, { capture: true, once: true })
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what replaced it needs the permission
    return document.execCommand('copy')
  } finally {
    document.removeEventListener('copy', take, { capture: true })
  }
}
