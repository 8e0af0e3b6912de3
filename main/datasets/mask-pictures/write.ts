import { decodeRle } from '#common/mask/rle.ts'
import { formatMaskPng } from '#main/files/png.ts'
import { type DatasetContext, type ExportedImage, type ExportSummary } from '../dataset.ts'
import { ExpectedMasks } from '../expected-masks.ts'
import { Losses, masksWithPixels } from '../exported-masks.ts'
import { WrittenNames } from '../photo-names.ts'
import type { StagedFiles } from '../staged-files.ts'
import { stagedWriter, type StagedDataset } from '../write-staged.ts'
import { categoryEnding } from './file-names.ts'
import { readMaskPictures } from './read.ts'

/**
 * Writes a PNG a mask, in a folder named like the photo: `cats/1/0_cat.png` for the first one of `cats/1.jpg`. Nothing that
 * is there is replaced.
 */
export const writeMaskPictures = stagedWriter(
  'Nothing was written. Choose another folder, or an empty one.',
  (files) => new WrittenPictures(files),
)

class WrittenPictures implements StagedDataset {
  readonly #expected = new ExpectedMasks()
  readonly #files: StagedFiles
  readonly #losses = new Losses()
  readonly #photos: string[] = []
  readonly #pngs: string[] = []
  readonly #names = new WrittenNames()
  #nEmptyMasks = 0

  constructor(files: StagedFiles) {
    this.#files = files
  }

  get nImages(): number {
    return this.#photos.length
  }

  /** @throws AppError 'file.exists', 'shape.mismatch', 'file.unwritable' */
  async add(image: ExportedImage): Promise<void> {
    const { file, width, height } = image
    const masks = masksWithPixels(image)
    this.#nEmptyMasks += image.instances.length - masks.length
    const name = this.#names.give(file)
    this.#expected.addImage(file, width, height)
    this.#photos.push(file)
    for (const [number, instance] of masks.entries()) {
      const { rle, category } = instance
      const png = `${name}/${number}${categoryEnding(category)}.png`
      await this.#files.write(png, await formatMaskPng(decodeRle(rle)))
      this.#pngs.push(png)
      this.#losses.addScoreAndCrowd(instance)
      this.#expected.addMask({ category: writtenCategory(category), score: null, isCrowd: false, rle })
    }
  }

  /** Reads what was written as an import would, and compares it mask by mask. @throws AppError 'export.differs' */
  async compare(context: DatasetContext): Promise<void> {
    // any rule that needs no further pass over the files
    const request = { imagesDir: '', annotations: this.#files.folder, labels: { kind: 'filename' } } as const
    const lists = { photos: this.#photos, pngs: this.#pngs, look: this.#expected.look() }
    await this.#expected.compare((own) => readMaskPictures(request, own, { lists, keepsDuplicates: true }), context)
  }

  summary(folder: string): ExportSummary {
    const { nImages, nMasks } = this.#expected
    const losses = this.#losses.list()
    return { files: [folder], images: nImages, instances: nMasks, emptyMasks: this.#nEmptyMasks, losses }
  }
}

/** What a category comes back as; one without letters is none. */
function writtenCategory(category: string | null): string | null {
  return category === null || category === '' ? null : category.toWellFormed()
}
