import { AppError } from '#common/contract/errors.ts'
import { rleArea } from '#common/mask/rle.ts'
import type { ExportedImage, ExportedInstance, Loss } from './dataset.ts'

/**
 * The masks of an image that have a pixel; no format can hold others.
 * @throws AppError 'shape.mismatch' for a mask of another size than its image
 */
export function masksWithPixels({ file, width, height, instances }: ExportedImage): readonly ExportedInstance[] {
  for (const { rle } of instances) {
    if (rle.width === width && rle.height === height) continue
    throw new AppError('shape.mismatch', `a mask of ${file} has ${rle.width}×${rle.height} pixels, the image has not`)
  }
  return instances.filter(({ rle }) => rleArea(rle) > 0)
}

/** Counts what a format cannot hold, by what it is. */
export class Losses {
  readonly #counts = new Map<string, number>()

  /** @param what a plural noun phrase, such as “scores left out” */
  add(what: string, n = 1): void {
    if (n > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + n)
  }

  /** For formats that have neither scores nor crowds. */
  addScoreAndCrowd({ score, isCrowd }: Pick<ExportedInstance, 'score' | 'isCrowd'>): void {
    if (score !== null) this.add('scores left out')
    if (isCrowd) this.add('crowd marks left out')
  }

  /** In the order of the first of each. */
  list(): Loss[] {
    return [...this.#counts].map(([what, n]) => ({ what, n }))
  }
}
