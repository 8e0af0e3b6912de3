import { rleArea } from '#common/mask/rle.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { checkAborted, type DatasetContext, type ImportedInstance, type ImportEvent } from './dataset.ts'
import type { PlacelessDefect } from './defects.ts'
import { maskFingerprint, NumberSet, textFingerprint } from './fingerprint.ts'

/** An object whose photo is known. */
type PhotoObject = Omit<ImportedInstance, 'file'>

/** How many photos' annotations are read at the same time. */
const nAhead = 4

/**
 * The masks of photos in their order, a few read ahead.
 * @param read gives the events of a photo, none where it was left out
 * @throws AppError 'aborted', and what `read` throws
 */
export async function* eventsOfPhotos<Entry>(
  entries: readonly Entry[],
  read: (entry: Entry) => Promise<readonly ImportEvent[]>,
  { signal, onProgress }: DatasetContext,
  width = nAhead,
): AsyncGenerator<ImportEvent> {
  let done = 0
  const ofPhotos = inOrderAhead(entries, width, async (entry) => {
    checkAborted(signal)
    return read(entry)
  })
  for await (const events of ofPhotos) {
    yield* events
    onProgress({ step: 'instances', done: ++done, total: entries.length })
  }
}

/** The masks of one photo as they come in, with what is wrong with them. */
export class PhotoInstances {
  readonly events: ImportEvent[] = []
  readonly #file: string
  readonly #keepsDuplicates: boolean
  readonly #masks = new NumberSet()

  /** @param keepsDuplicates whether the same mask twice comes in twice */
  constructor(file: string, keepsDuplicates: boolean) {
    this.#file = file
    this.#keepsDuplicates = keepsDuplicates
  }

  /** @param index of the record, from 0 */
  addDefect(index: number, defect: PlacelessDefect): void {
    const place = { file: this.#file, record: { type: 'annotation', index } } as const
    this.events.push({ kind: 'defect', defect: { ...defect, place } })
  }

  /** Takes an object in, if it is not there yet; one without a category is told. */
  add(index: number, object: PhotoObject): void {
    const { category, categorySourceId, isCrowd, rle } = object
    const isNew = this.#masks.add(maskFingerprint(rle, [textFingerprint(category ?? ''), isCrowd ? 1 : 0]))
    if (!isNew && !this.#keepsDuplicates) {
      this.addDefect(index, { kind: 'duplicate-annotation', action: 'refused', by: 'mask' })
      return
    }
    if (category === null) {
      this.addDefect(index, { kind: 'category-unknown', action: 'kept', categoryId: categorySourceId })
    }
    this.events.push({ kind: 'instance', instance: { file: this.#file, ...object } })
  }
}

/** The largest object of a photo: a crowd only where there is nothing else; of equal ones the first. */
export class LargestObject<Each extends Pick<ImportedInstance, 'isCrowd' | 'rle'>> {
  #best: Each | null = null
  #area = 0

  get best(): Each | null {
    return this.#best
  }

  add(object: Each): void {
    const area = rleArea(object.rle)
    const isBetter =
      this.#best === null || (object.isCrowd === this.#best.isCrowd ? area > this.#area : this.#best.isCrowd)
    if (isBetter) [this.#best, this.#area] = [object, area]
  }
}
