import type { ExportedImage, ExportedInstance, ExportSummary } from './dataset.ts'
import { ExpectedMasks } from './expected-masks.ts'
import { Losses, masksWithPixels } from './exported-masks.ts'

/** What an export has written so far: what must come back, what the format could not hold, and masks without a pixel. */
export class WrittenMasks {
  readonly expected = new ExpectedMasks()
  readonly losses = new Losses()
  readonly #photos: string[] = []
  #nEmptyMasks = 0

  /** Paths of the photos, in their order. */
  get photos(): readonly string[] {
    return this.#photos
  }

  /**
   * Begins an image: what is expected from then on is of it.
   * @returns its masks that have a pixel
   * @throws AppError 'shape.mismatch' for a mask of another size than its image
   */
  addImage(image: ExportedImage): readonly ExportedInstance[] {
    const masks = masksWithPixels(image)
    this.expected.addImage(image.file, image.width, image.height)
    this.#photos.push(image.file)
    this.#nEmptyMasks += image.instances.length - masks.length
    return masks
  }

  /** @param path what was written: a file, or a folder of them */
  summary(path: string): ExportSummary {
    const { nImages, nMasks } = this.expected
    const losses = this.losses.list()
    return { files: [path], images: nImages, instances: nMasks, emptyMasks: this.#nEmptyMasks, losses }
  }
}
