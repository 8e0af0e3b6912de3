/** Gives a text to the person as a file, where the browser or the desktop program keeps downloads or asks. */
export function saveText(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // the download has taken it by then
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
