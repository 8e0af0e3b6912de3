import { emptyBitmap, type Bitmap } from './bitmap.ts'
import { floodRegion } from './flood.ts'
import type { PixelRectangle } from './rectangle.ts'

/**
 * Adds every pixel whose middle is at most `radius` away from that of an object pixel.
 * @param radius pixels, whole, ≥ 0; 0 changes nothing
 * @returns a new bitmap
 */
export function growMask(mask: Bitmap, radius: number): Bitmap {
  const { width, height, data } = mask
  const grown = emptyBitmap(width, height)
  /** how far the disc reaches to each side, by the distance from its middle row */
  const reach = Array.from({ length: radius + 1 }, (_, dy) => Math.floor(Math.sqrt(radius * radius - dy * dy)))
  const box = objectBox(mask)
  if (box === null) return grown
  for (let y = box.y; y < box.y + box.height; y++) {
    const [top, bottom] = [Math.max(y - radius, 0), Math.min(y + radius, height - 1)]
    for (let x = box.x; x < box.x + box.width; x++) {
      if (data[y * width + x] === 0) continue
      const from = x
      while (x + 1 < box.x + box.width && data[y * width + x + 1] === 1) x++
      for (let row = top; row <= bottom; row++) {
        const side = reach[Math.abs(row - y)]!
        grown.data.fill(1, row * width + Math.max(from - side, 0), row * width + Math.min(x + 1 + side, width))
      }
    }
  }
  return grown
}

/**
 * Removes every pixel whose middle is at most `radius` away from that of a background pixel. An object that the image's
 * border cuts off goes on behind it, so it does not shrink from there.
 * @param radius pixels, whole, ≥ 0; 0 changes nothing
 * @returns a new bitmap
 */
export function shrinkMask(mask: Bitmap, radius: number): Bitmap {
  return inverted(growMask(inverted(mask), radius))
}

/**
 * Makes ragged edges smooth: a pixel is object where more than half of the square around it is, as far as the square
 * lies in the image. What is narrower than the radius goes, notches and small holes are closed.
 * @param radius of the square, whole, ≥ 0: its side is 2 · radius + 1 pixels; 0 changes nothing
 * @returns a new bitmap
 */
export function smoothMask(mask: Bitmap, radius: number): Bitmap {
  const { width, height, data } = mask
  const smooth = emptyBitmap(width, height)
  const box = objectBox(mask)
  if (box === null) return smooth
  const [left, right] = [Math.max(box.x - radius, 0), Math.min(box.x + box.width + radius, width)]
  const [top, bottom] = [Math.max(box.y - radius, 0), Math.min(box.y + box.height + radius, height)]
  /** object pixels of each column in the rows around the one at hand */
  const columns = new Uint16Array(width)
  const addRow = (y: number, sign: 1 | -1): void => {
    if (y < 0 || y >= height) return
    for (let x = box.x; x < box.x + box.width; x++) columns[x]! += sign * data[y * width + x]!
  }
  for (let y = top - radius; y < top + radius; y++) addRow(y, 1)
  for (let y = top; y < bottom; y++) {
    addRow(y + radius, 1)
    const nRows = Math.min(y + radius, height - 1) - Math.max(y - radius, 0) + 1
    let inside = 0
    for (let x = Math.max(left - radius, 0); x < Math.min(left + radius, width); x++) inside += columns[x]!
    for (let x = left; x < right; x++) {
      if (x + radius < width) inside += columns[x + radius]!
      const nColumns = Math.min(x + radius, width - 1) - Math.max(x - radius, 0) + 1
      if (2 * inside > nRows * nColumns) smooth.data[y * width + x] = 1
      if (x - radius >= 0) inside -= columns[x - radius]!
    }
    addRow(y - radius, -1)
  }
  return smooth
}

/**
 * Makes object of every background region that cannot be left by steps to the side, up and down.
 * @returns a new bitmap
 */
export function fillHoles(mask: Bitmap): Bitmap {
  const { width, height } = mask
  const filled = { width, height, data: mask.data.slice() }
  const box = objectBox(mask)
  if (box === null) return filled
  // the object's box with a frame of background, from whose corner all that is outside can be reached
  const around = { width: box.width + 2, height: box.height + 2 }
  const open = { ...around, data: new Uint8Array(around.width * around.height).fill(1) }
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      open.data[(y + 1) * around.width + x + 1] = 1 - mask.data[(box.y + y) * width + box.x + x]!
    }
  }
  const outside = floodRegion(open, { x: 0, y: 0 }).data
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      if (outside[(y + 1) * around.width + x + 1] === 0) filled.data[(box.y + y) * width + box.x + x] = 1
    }
  }
  return filled
}

/** The smallest rectangle around the object; null where there is none. */
export function objectBox({ width, height, data }: Bitmap): PixelRectangle | null {
  const first = data.indexOf(1)
  if (first < 0) return null
  const [top, bottom] = [Math.floor(first / width), Math.floor(data.lastIndexOf(1) / width)]
  let [left, right] = [width, 0]
  for (let y = top; y <= Math.min(bottom, height - 1); y++) {
    const row = y * width
    let x = 0
    while (x < left && data[row + x] === 0) x++
    left = Math.min(left, x)
    x = width
    while (x > right && data[row + x - 1] === 0) x--
    right = Math.max(right, x)
  }
  return { x: left, y: top, width: right - left, height: bottom - top + 1 }
}

/** Object and background swapped. */
export function inverted({ width, height, data }: Bitmap): Bitmap {
  return { width, height, data: data.map((pixel) => 1 - pixel) }
}
