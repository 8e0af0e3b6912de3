import { decodeRle } from '#common/mask/rle.ts'
import { formatMaskPng } from '#main/files/png.ts'
import { type DatasetContext, type ExportedImage } from '../dataset.ts'
import { WrittenNames } from '../photo-names.ts'
import type { StagedFiles } from '../staged-files.ts'
import { stagedWriter, type StagedDataset } from '../write-staged.ts'
import { WrittenMasks } from '../written-masks.ts'
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
  readonly written = new WrittenMasks()
  readonly #files: StagedFiles
  readonly #pngs: string[] = []
  readonly #names = new WrittenNames()

  constructor(files: StagedFiles) {
    this.#files = files
  }

  /** @throws AppError 'file.exists', 'shape.mismatch', 'file.unwritable' */
  async add(image: ExportedImage): Promise<void> {
    const { file } = image
    const masks = this.written.addImage(image)
    const name = this.#names.give(file)
    for (const [number, instance] of masks.entries()) {
      const { rle, category } = instance
      const png = `${name}/${number}${categoryEnding(category)}.png`
      await this.#files.write(png, await formatMaskPng(decodeRle(rle)))
      this.#pngs.push(png)
      this.written.losses.addScoreAndCrowd(instance)
      this.written.expected.addMask({ category: writtenCategory(category), score: null, isCrowd: false, rle })
    }
  }

  /** Reads what was written as an import would, and compares it mask by mask. @throws AppError 'export.differs' */
  async compare(context: DatasetContext): Promise<void> {
    // any rule that needs no further pass over the files
    const request = { imagesDir: '', annotations: this.#files.folder, labels: { kind: 'filename' } } as const
    const lists = { photos: this.written.photos, pngs: this.#pngs, look: this.written.expected.look() }
    await this.written.expected.compare(
      (own) => readMaskPictures(request, own, { lists, keepsDuplicates: true }),
      context,
    )
  }
}

/** What a category comes back as; one without letters is none. */
function writtenCategory(category: string | null): string | null {
  return category === null || category === '' ? null : category.toWellFormed()
}
