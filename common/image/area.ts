import type { PixelSize, PixelWindow } from './geometry.ts'
import type { RgbImage } from './rgb-image.ts'

/**
 * The average over the area that each output pixel covers, halves rounded up. Cells are measured in whole numbers
 * (a source pixel is `target.width` wide, an output pixel `window.width`), so that sums are exact: at most
 * 255 × window.width × window.height, far below 2⁵³.
 * @returns R, G, B interleaved, row-major [target.height × target.width × 3]
 */
export function resizeArea(photo: RgbImage, window: PixelWindow, target: PixelSize): Uint8Array {
  const rowLength = target.width * 3
  const row = new Float64Array(rowLength)
  const sums = new Float64Array(rowLength)
  const out = new Uint8Array(target.height * rowLength)
  const total = window.width * window.height
  let summedRow = -1
  for (let y = 0; y < target.height; y++) {
    sums.fill(0)
    const top = y * window.height
    const bottom = top + window.height
    const firstRow = Math.floor(top / target.height)
    for (let v = firstRow; v * target.height < bottom; v++) {
      // the row on the border of two output rows was summed for the one above already
      if (v !== summedRow) sumAcross(photo, window, { row, y: window.y + v, width: target.width })
      summedRow = v
      const weight = Math.min(bottom, (v + 1) * target.height) - Math.max(top, v * target.height)
      for (let i = 0; i < rowLength; i++) sums[i]! += row[i]! * weight
    }
    for (let i = 0; i < rowLength; i++) out[y * rowLength + i] = Math.floor((2 * sums[i]! + total) / (2 * total))
  }
  return out
}

function sumAcross(
  photo: RgbImage,
  window: PixelWindow,
  { row, y, width }: { readonly row: Float64Array; readonly y: number; readonly width: number },
): void {
  const { data } = photo
  const start = y * photo.width + window.x
  for (let x = 0; x < width; x++) {
    const left = x * window.width
    const right = left + window.width
    let red = 0
    let green = 0
    let blue = 0
    for (let u = Math.floor(left / width); u * width < right; u++) {
      const weight = Math.min(right, (u + 1) * width) - Math.max(left, u * width)
      const from = (start + u) * 3
      red += data[from]! * weight
      green += data[from + 1]! * weight
      blue += data[from + 2]! * weight
    }
    row[x * 3] = red
    row[x * 3 + 1] = green
    row[x * 3 + 2] = blue
  }
}
