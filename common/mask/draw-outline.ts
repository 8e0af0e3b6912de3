import { coverMask } from './coverage.ts'
import { outlineRings } from './outline.ts'
import { outlinePath } from './outline-path.ts'
import type { Rle } from './rle.ts'

/**
 * The outline of a mask for an SVG drawing of any size, in the patterns of the program: a machine mask white and dashed, a
 * correction cyan and solid, both on a dark casing.
 * @param size of the drawing, pixels; the mask is brought to it by area, at least half a pixel of it counts
 * @returns elements for a drawing that fills nothing; empty where no pixel is left of the mask
 */
export function drawOutline(
  mask: Rle,
  size: { readonly width: number; readonly height: number },
  isCorrected: boolean,
): string {
  const { width, height } = size
  const cover = coverMask(mask, { width, height })
  const path = outlinePath(
    outlineRings({ width, height, data: Uint8Array.from(cover.data, (share) => (share >= 0.5 ? 1 : 0)) }),
  )
  if (path === '') return ''
  const ink = isCorrected
    ? 'stroke="#55d2ff" stroke-width="2"'
    : 'stroke="#fff" stroke-width="1.75" stroke-dasharray="6 4"'
  return `<path d="${path}" stroke="#000" stroke-opacity="0.66" stroke-width="3.5"/><path d="${path}" ${ink}/>`
}
