import type { PixelSize, PixelWindow } from './geometry.ts'
import type { RgbImage } from './rgb-image.ts'

/**
 * Nearest neighbour, byte for byte as Pillow 10.4 does it (`ImagingScaleAffine`).
 * @returns R, G, B interleaved, row-major [target.height × target.width × 3]
 */
export function resizeNearest(photo: RgbImage, window: PixelWindow, target: PixelSize): Uint8Array {
  const columns = sampledPositions(window.x, window.width, target.width)
  const rows = sampledPositions(window.y, window.height, target.height)
  const { data } = photo
  const out = new Uint8Array(target.width * target.height * 3)
  let to = 0
  for (let y = 0; y < target.height; y++) {
    const rowStart = rows[y]! * photo.width
    for (let x = 0; x < target.width; x++) {
      const from = (rowStart + columns[x]!) * 3
      out[to++] = data[from]!
      out[to++] = data[from + 1]!
      out[to++] = data[from + 2]!
    }
  }
  return out
}

/** Pillow adds the step up instead of multiplying; where a sample falls on a pixel's edge that decides the pixel. */
function sampledPositions(start: number, length: number, count: number): Int32Array {
  const positions = new Int32Array(count)
  const step = length / count
  const last = start + length - 1
  let position = start + step * 0.5
  for (let i = 0; i < count; i++) {
    positions[i] = Math.min(Math.floor(position), last)
    position += step
  }
  return positions
}
