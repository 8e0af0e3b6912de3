import { AppError } from '../contract/errors.ts'
import type { RgbImage } from '../image/rgb-image.ts'
import { inferno } from './colour-map.ts'
import type { DenseMap } from './map.ts'

/**
 * Lays an explanation map over its photo in inferno colours. The map is divided by its maximum; an empty map leaves
 * the photo as it is.
 * @param map same size as the photo; values ≥ 0, any scale
 * @param options.blend `by-value`: the more evidence the more colour, alpha = (1.5·b)^0.75 up to 1, so that no evidence
 *   shows the photo; `constant`: the same everywhere
 * @param options.opacity 0…1, factor of the alpha
 * @returns a new image
 * @throws AppError 'shape.mismatch'
 */
export function overlayMap(
  photo: RgbImage,
  map: DenseMap,
  { blend = 'by-value', opacity = 0.7 }: { blend?: 'by-value' | 'constant'; opacity?: number } = {},
): RgbImage {
  if (photo.width !== map.width || photo.height !== map.height) {
    throw new AppError(
      'shape.mismatch',
      `photo and map differ in size: ${photo.width}×${photo.height} and ${map.width}×${map.height}`,
    )
  }
  const data = Uint8Array.from(photo.data)
  let max = 0
  for (const value of map.data) if (value > max) max = value
  if (max === 0) return { ...photo, data }
  for (let i = 0; i < map.data.length; i++) {
    const value = Math.max(map.data[i]! / max, 0)
    const alpha = opacity * (blend === 'constant' ? 1 : alphaByValue(value))
    const colour = 3 * Math.round(255 * value)
    for (let channel = 0; channel < 3; channel++) {
      const at = 3 * i + channel
      data[at] = Math.round(data[at]! * (1 - alpha) + inferno[colour + channel]! * alpha)
    }
  }
  return { ...photo, data }
}

/** How opaque evidence is in blend `by-value`: none shows the photo, two thirds of the maximum hide it. @param value 0…1 */
export function alphaByValue(value: number): number {
  return Math.min(1.5 * value, 1) ** 0.75
}
