import { masksByValue } from '#common/mask/masks-by-value.ts'
import type { Rle } from '#common/mask/rle.ts'
import type { ExportedImage, ExportedInstance } from '../dataset.ts'
import { maxObjects } from './colours.ts'

/** A photo's masks in one picture. */
export interface Painting {
  /** Row-major: 0 = background, 1 = the first object, and so on. */
  readonly data: Uint8Array
  /** Those that have pixels left, and these pixels; in the order of their numbers. */
  readonly objects: readonly { readonly instance: ExportedInstance; readonly rle: Rle }[]
  /** Pixels of a mask that a later one has. */
  readonly nOverlapping: number
  /** Masks whose pixels later ones have all. */
  readonly nCovered: number
  /** Masks that no number was left for. */
  readonly nTooMany: number
}

/** Paints masks with at least a pixel each, later ones over earlier ones. */
export function paint(
  { width, height }: Pick<ExportedImage, 'width' | 'height'>,
  instances: readonly ExportedInstance[],
): Painting {
  const painted = instances.slice(0, maxObjects)
  const data = new Uint8Array(width * height)
  let nOverlapping = 0
  for (const [i, { rle }] of painted.entries()) {
    forEachPixel(rle, (place) => {
      if (data[place] !== 0) nOverlapping++
      data[place] = i + 1
    })
  }
  const masks = masksByValue({ width, height, values: data }, (value) => value !== 0)
  // without gaps, so that a number is a place in the list of records
  const places = new Uint8Array(256)
  for (const [i, number] of [...masks.keys()].entries()) places[number] = i + 1
  for (let place = 0; place < data.length; place++) data[place] = places[data[place]!]!
  return {
    data,
    objects: [...masks].map(([number, rle]) => ({ instance: painted[number - 1]!, rle })),
    nOverlapping,
    nCovered: painted.length - masks.size,
    nTooMany: instances.length - painted.length,
  }
}

/** @param visit gets the row-major places of a mask's pixels */
function forEachPixel({ width, height, counts }: Rle, visit: (place: number) => void): void {
  let end = 0
  for (const [i, count] of counts.entries()) {
    const start = end
    end += count
    if (i % 2 === 0) continue
    for (let at = start; at < end; at++) {
      const x = Math.floor(at / height)
      visit((at - x * height) * width + x)
    }
  }
}
