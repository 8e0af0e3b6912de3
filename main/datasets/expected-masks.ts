import { AppError } from '#common/contract/errors.ts'
import { normaliseRle, type Rle } from '#common/mask/rle.ts'
import type { DatasetContext, ImportEvent } from './dataset.ts'
import { defectWords } from './defect-words.ts'
import { maskFingerprint, textFingerprint } from './fingerprint.ts'
import type { PhotoFacts } from './photos.ts'

/** What a mask must come back as. */
interface WrittenMask {
  readonly category: string | null
  readonly score: number | null
  readonly isCrowd: boolean
  readonly rle: Rle
}

/**
 * What was written, as far as it takes to compare what is read back: an image's name and size, and three numbers a
 * mask.
 */
export class ExpectedMasks {
  readonly #files: { readonly file: string; readonly width: number; readonly height: number }[] = []
  readonly #imageIndexes: number[] = []
  readonly #masks: number[] = []
  readonly #rests: number[] = []
  #nImagesSeen = 0
  #nMasksSeen = 0

  get nImages(): number {
    return this.#files.length
  }

  get nMasks(): number {
    return this.#masks.length
  }

  addImage(file: string, width: number, height: number): void {
    this.#files.push({ file, width, height })
  }

  /** Adds a mask of the image that was added last. */
  addMask(mask: WrittenMask): void {
    this.#imageIndexes.push(this.#files.length - 1)
    this.#masks.push(maskFingerprint(normaliseRle(mask.rle), []))
    this.#rests.push(restFingerprint(mask))
  }

  /** Stands for the photos while the file is read back: their sizes are those that were written. */
  look(): (file: string) => Promise<PhotoFacts> {
    const sizes = new Map(this.#files.map(({ file, width, height }) => [file, { width, height }]))
    return (file) => {
      const size = sizes.get(file)
      if (size !== undefined) return Promise.resolve({ ...size, sizeBytes: 0, sha256: '' })
      return Promise.reject(new AppError('file.missing', `${file} was not among the images`))
    }
  }

  /**
   * Compares all that is read back.
   * @param read reads what was written as an import would
   * @param isKnown events that are no fault of the export
   * @throws AppError 'export.differs'; what reading throws
   */
  async compare(
    read: (context: DatasetContext) => AsyncIterable<ImportEvent>,
    { signal, onProgress }: DatasetContext,
    isKnown: (event: ImportEvent) => boolean = () => false,
  ): Promise<void> {
    const context: DatasetContext = {
      signal,
      onProgress: ({ done, total }) => onProgress({ step: 'compare', done, total }),
    }
    for await (const event of read(context)) if (!isKnown(event)) this.check(event)
    this.checkEnd()
  }

  /**
   * Compares the next event that is read back.
   * @throws AppError 'export.differs'
   */
  check(event: ImportEvent): void {
    if (event.kind === 'defect' && event.defect.action === 'refused') throw differs(defectWords(event.defect))
    if (event.kind === 'image') {
      const expected = this.#files[this.#nImagesSeen++]?.file
      if (event.image.file !== expected) throw differs(`image ${event.image.file} in place of ${expected ?? 'none'}`)
    }
    if (event.kind === 'instance') this.#checkMask(event.instance)
  }

  #checkMask(mask: WrittenMask & { readonly file: string }): void {
    const i = this.#nMasksSeen++
    const file = this.#files[this.#imageIndexes[i] ?? -1]?.file
    const where = `mask ${i + 1}, of ${file ?? mask.file},`
    if (mask.file !== file) throw differs(`${where} came back as one of ${mask.file}`)
    if (maskFingerprint(mask.rle, []) !== this.#masks[i]) throw differs(`${where} came back with other pixels`)
    if (restFingerprint(mask) !== this.#rests[i]) {
      throw differs(`${where} came back with another category, score or crowd mark`)
    }
  }

  /**
   * Checks at the end that nothing is missing.
   * @throws AppError 'export.differs'
   */
  checkEnd(): void {
    if (this.#nImagesSeen === this.nImages && this.#nMasksSeen === this.nMasks) return
    throw differs(
      `${this.nImages} images and ${this.nMasks} masks were written, ` +
        `${this.#nImagesSeen} and ${this.#nMasksSeen} came back`,
    )
  }
}

function restFingerprint({ category, score, isCrowd }: Omit<WrittenMask, 'rle'>): number {
  return textFingerprint(JSON.stringify([category, score, isCrowd]))
}

function differs(what: string): AppError {
  return new AppError('export.differs', `the export does not read back as what was written: ${what}`, {
    hint: 'Nothing was kept of it. This is a fault of the program; please report it.',
  })
}
