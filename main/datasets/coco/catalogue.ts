import { normalize } from 'node:path/posix'
import type { DatasetContext } from '../dataset.ts'
import type { Defect, RecordPlace, SourceId } from '../defects.ts'
import { scanJson, type JsonElement } from '../json/scan-json.ts'
import type { PhotoEntry } from '../photos.ts'
import { readCategoryRecord, readImageRecord } from './records.ts'

/** An image that an annotation file lists. */
export interface Entry extends PhotoEntry {
  /** In the order of the file, from 0. */
  readonly index: number
}

/** What an annotation file says besides its annotations. Grows with the number of images. */
export interface Catalogue {
  readonly path: string
  readonly entries: readonly Entry[]
  /** A second record of the same photo leads to the first one's entry. */
  readonly byId: ReadonlyMap<SourceId, Entry>
  readonly categories: ReadonlyMap<SourceId, string>
  readonly defects: readonly Defect[]
}

/**
 * Reads images and categories of a COCO annotation file, and passes over the whole file once.
 * @param required what must be there
 * @throws AppError 'json.format' for a file that is cut off, is no JSON or no COCO file; 'file.missing', 'aborted'
 */
export async function readCatalogue(
  path: string,
  required: readonly ('images' | 'annotations')[],
  { signal, onProgress }: DatasetContext,
): Promise<Catalogue> {
  const builder = new CatalogueBuilder(path)
  const batches = scanJson(path, {
    root: 'object',
    wanted: ['images', 'categories'],
    required,
    what: 'a COCO annotation file',
    signal,
    onBytes: (done, total) => onProgress({ step: 'index', done, total }),
  })
  for await (const batch of batches) for (const element of batch) builder.add(element)
  return builder
}

class CatalogueBuilder implements Catalogue {
  readonly path: string
  readonly entries: Entry[] = []
  readonly byId = new Map<SourceId, Entry>()
  readonly categories = new Map<SourceId, string>()
  readonly defects: Defect[] = []
  readonly #byFile = new Map<string, Entry>()

  constructor(path: string) {
    this.path = path
  }

  add({ key, index, value }: JsonElement): void {
    if (key === 'images') this.#addImage(index, value)
    else this.#addCategory(index, value)
  }

  #addImage(index: number, value: unknown): void {
    const reading = readImageRecord(value)
    if ('problem' in reading) {
      this.#refuse({ type: 'image', index }, reading.problem)
      return
    }
    const { id, fileName, size, source } = reading.value
    const record = { type: 'image', index, id } as const
    const file = nameInside(fileName)
    const place = { record, file: file ?? fileName.slice(0, 200) }
    if (file === null) {
      this.defects.push({ kind: 'path-outside', action: 'refused', place })
      return
    }
    if (this.byId.has(id)) {
      this.defects.push({ kind: 'duplicate-image', action: 'refused', place, by: 'id', value: id })
      return
    }
    const sameFile = this.#byFile.get(file)
    if (sameFile !== undefined) {
      this.byId.set(id, sameFile)
      this.defects.push({ kind: 'duplicate-image', action: 'repaired', place, by: 'file', value: file })
      return
    }
    const entry = { index: this.entries.length, file, record, given: size, source, label: null, photo: null }
    this.entries.push(entry)
    this.byId.set(id, entry)
    this.#byFile.set(file, entry)
  }

  #addCategory(index: number, value: unknown): void {
    const reading = readCategoryRecord(value)
    if ('problem' in reading) {
      this.#refuse({ type: 'category', index }, reading.problem)
      return
    }
    const { id, name } = reading.value
    const place = { record: { type: 'category', index, id } } as const
    const first = this.categories.get(id)
    if (first === undefined) this.categories.set(id, name)
    else if (first !== name) {
      this.defects.push({ kind: 'duplicate-category', action: 'refused', place, categoryId: id, name, first })
    }
    if (first === undefined && id === 0) this.defects.push({ kind: 'category-zero', action: 'kept', place, name })
  }

  #refuse(record: RecordPlace, reason: string): void {
    this.defects.push({ kind: 'record-invalid', action: 'refused', place: { record }, reason })
  }
}

/** The name with `/` between folders and without detours; null where it is absolute or leads out of the folder. */
function nameInside(fileName: string): string | null {
  const name = normalize(fileName.replaceAll('\\', '/'))
  const isInside = !name.startsWith('/') && !/^[a-z]:/i.test(name) && name !== '..' && !name.startsWith('../')
  return isInside && !name.includes('\0') ? name : null
}
