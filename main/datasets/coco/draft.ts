import { AppError } from '#common/contract/errors.ts'
import { rleArea } from '#common/mask/rle.ts'
import { checkAborted, type DatasetContext, type ExportedImage, type ExportedInstance } from '../dataset.ts'
import type { SourceId } from '../defects.ts'
import { readLines, TextFile } from '../text-file.ts'
import { ExpectedMasks } from '../expected-masks.ts'
import { Categories, Ids } from './ids.ts'
import { maskRecord, writtenScore, type MaskList } from './mask-record.ts'
import { sourceId } from './records.ts'

/** An image record without its id, as JSON, and the id that came with the data where it may be kept. */
interface DraftImage {
  readonly id: SourceId | null
  readonly rest: string
}

/**
 * A dataset between coming in, image by image, and being written: ids can only be given to what has none when all that
 * come with the data are known. The masks wait in a file, one a line.
 */
export class Draft {
  readonly images: DraftImage[] = []
  readonly imageIds = new Ids()
  readonly maskIds = new Ids()
  readonly categories = new Categories()
  readonly expected = new ExpectedMasks()
  nEmptyMasks = 0
  readonly #list: MaskList
  readonly #spool: TextFile

  static async create(path: string, list: MaskList): Promise<Draft> {
    return new Draft(await TextFile.create(path), list)
  }

  private constructor(spool: TextFile, list: MaskList) {
    this.#spool = spool
    this.#list = list
  }

  dispose(): Promise<void> {
    return this.#spool.dispose()
  }

  /** Takes in all images. @throws AppError 'shape.mismatch' for a mask of another size than its image; 'aborted' */
  async fill(images: AsyncIterable<ExportedImage> | Iterable<ExportedImage>, context: DatasetContext): Promise<void> {
    for await (const image of images) {
      checkAborted(context.signal)
      await this.#addImage(image)
      context.onProgress({ step: 'images', done: this.images.length, total: null })
    }
    await this.#spool.finish()
  }

  async #addImage({ file, width, height, source, imageSourceId, instances }: ExportedImage): Promise<void> {
    const { id: ownId, ...rest } = source ?? {}
    const id = this.imageIds.keep(sourceId(imageSourceId ?? ownId))
    this.images.push({ id, rest: JSON.stringify({ ...rest, file_name: file, width, height }) })
    this.expected.addImage(file, width, height)
    for (const instance of instances) {
      if (instance.rle.width !== width || instance.rle.height !== height) throw wrongSize(file, instance)
      if (rleArea(instance.rle) > 0) await this.#addMask(instance)
      else this.nEmptyMasks++
    }
  }

  async #addMask(instance: ExportedInstance): Promise<void> {
    const { category, categorySourceId, isCrowd, rle, score } = instance
    const categoryIndex = this.categories.note(category, categorySourceId)
    this.expected.addMask({
      category: this.categories.nameOf(categoryIndex),
      score: writtenScore(score, this.#list),
      isCrowd,
      rle,
    })
    const id = this.maskIds.keep(sourceId(instance.sourceId ?? instance.source?.['id']))
    const head = JSON.stringify([this.images.length - 1, categoryIndex, id])
    await this.#spool.write(`${head}\t${JSON.stringify(maskRecord(instance, this.#list))}\n`)
  }

  /** The masks in their order, each as the JSON of its record, with its final ids. */
  async *maskRecords(imageIds: readonly SourceId[], categoryIds: readonly number[]): AsyncGenerator<string> {
    for await (const line of readLines(this.#spool.path)) {
      const tab = line.indexOf('\t')
      const [image, category, id] = JSON.parse(line.slice(0, tab)) as [number, number, SourceId | null]
      const ids = {
        ...(this.#list === 'annotations' ? { id: id ?? this.maskIds.give() } : {}),
        image_id: imageIds[image],
        category_id: categoryIds[category],
      }
      yield `${JSON.stringify(ids).slice(0, -1)},${line.slice(tab + 2)}`
    }
  }
}

function wrongSize(file: string, { rle }: ExportedInstance): AppError {
  return new AppError('shape.mismatch', `a mask of ${file} has ${rle.width}×${rle.height} pixels, the image has not`)
}
