import type { RgbImage } from '../image/rgb-image.ts'
import type { Float64Map } from './map.ts'

/**
 * Where a photo has edges: the magnitude of Sobel's gradient of its brightness (Rec. 601), edges of the photo repeated.
 * A map that knows nothing of any classifier, to compare explanations with.
 * @returns row-major, ≥ 0; 0 everywhere for a photo of one colour
 * @see Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018, section 5.2
 */
export function edgeMap({ width, height, data: rgb }: RgbImage): Float64Map {
  const brightness = Float64Array.from(
    { length: width * height },
    (_, i) => 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!,
  )
  const at = (y: number, x: number): number =>
    brightness[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)]!
  const data = new Float64Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = (dy: number): number => at(y + dy, x + 1) - at(y + dy, x - 1)
      const down = (dx: number): number => at(y + 1, x + dx) - at(y - 1, x + dx)
      data[y * width + x] = Math.hypot(across(-1) + 2 * across(0) + across(1), down(-1) + 2 * down(0) + down(1))
    }
  }
  return { width, height, data }
}
