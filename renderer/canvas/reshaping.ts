import type { Bitmap } from '#common/mask/bitmap.ts'
import { fillHoles, growMask, shrinkMask, smoothMask } from '#common/mask/reshape.ts'

/** What changes a whole mask at once; the radius is in pixels, 1 to 32, and means nothing to `fill-holes`. */
export const reshapings = {
  grow: growMask,
  shrink: shrinkMask,
  smooth: smoothMask,
  'fill-holes': fillHoles,
} as const satisfies Readonly<Record<string, (mask: Bitmap, radius: number) => Bitmap>>

export type Reshaping = keyof typeof reshapings

export const largestReshapingRadius = 32
