/**
 * Gets a tile and decodes it beside the page. What is drawn with it can be read back: it came as bytes, not as a picture
 * of some other origin.
 * @throws Error where it does not come, or is no picture
 */
export async function readTile(url: string, isUrgent: boolean): Promise<ImageBitmap> {
  const response = await fetch(url, { priority: isUrgent ? 'high' : 'low' })
  if (!response.ok) throw new Error(`${response.status} ${url}`)
  return createImageBitmap(await response.blob())
}
