import { emptyBitmap, type Bitmap } from './bitmap.ts'

/**
 * The pixels that can be reached from one pixel by steps to the side, up and down (4-connected) over pixels of its kind.
 * Whole runs of a row are taken at once, so that the time is that of the region's pixels.
 * @param open 1 = may be entered; not changed
 * @param x column and row of the first pixel, whole numbers
 * @returns a new bitmap of the same size; empty where the first pixel is outside or may not be entered
 */
export function floodRegion(open: Bitmap, { x, y }: { readonly x: number; readonly y: number }): Bitmap {
  const { width, height, data } = open
  const region = emptyBitmap(width, height)
  if (x < 0 || y < 0 || x >= width || y >= height || data[y * width + x] !== 1) return region
  const found = region.data
  const waiting = [y * width + x]
  while (waiting.length > 0) {
    const at = waiting.pop()!
    if (found[at] === 1) continue
    const row = at - (at % width)
    let from = at
    let to = at + 1
    while (from > row && data[from - 1] === 1) from--
    while (to < row + width && data[to] === 1) to++
    found.fill(1, from, to)
    if (row > 0) wait(from - width, to - width)
    if (row + width < data.length) wait(from + width, to + width)
  }
  return region

  /** One pixel of each run that touches the run just taken. */
  function wait(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      if (data[at] === 1 && found[at] === 0 && (at === from || data[at - 1] !== 1)) waiting.push(at)
    }
  }
}
