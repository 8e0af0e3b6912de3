import { basename } from 'node:path/posix'
import { type DatasetContext, type ExportedImage, type JsonObject } from '../dataset.ts'
import { isObject, without } from '../json/objects.ts'
import type { StagedFiles } from '../staged-files.ts'
import { stagedWriter, type StagedDataset } from '../write-staged.ts'
import { WrittenMasks } from '../written-masks.ts'
import { hasNoArea } from './shape-mask.ts'
import { readLabelme } from './read.ts'
import { labelOf, writtenShapes } from './written-shapes.ts'

/** Of files that did not come from LabelMe: one that has all kinds of shapes which are written. */
const version = '5.5.0'

const ownFields = ['version', 'flags', 'shapes', 'imagePath', 'imageData', 'imageHeight', 'imageWidth']

/**
 * Writes a file a photo, named like it and at its place, as if it lay beside it. Nothing that is there is replaced: it
 * may be the annotations that came in.
 */
export const writeLabelme = stagedWriter(
  'Nothing was written. Choose a folder without LabelMe files.',
  (files) => new WrittenFiles(files),
)

/** The files of an export while they lie aside. */
class WrittenFiles implements StagedDataset {
  readonly written = new WrittenMasks()
  readonly #files: StagedFiles
  /** in small letters, since some disks do not tell them from capitals */
  readonly #names = new Set<string>()

  constructor(files: StagedFiles) {
    this.#files = files
  }

  /** @throws AppError 'file.exists', 'shape.mismatch', 'file.unwritable' */
  async add(image: ExportedImage): Promise<void> {
    const masks = this.written.addImage(image)
    const shapes: JsonObject[] = []
    const taken = new Set<string>()
    for (const instance of masks) {
      const { rle, score, isCrowd } = instance
      shapes.push(...(await writtenShapes(instance, taken)))
      this.written.expected.addMask({ category: labelOf(instance), score, isCrowd, rle })
    }
    await this.#files.write(this.#nameFor(image.file), `${JSON.stringify(documentOf(image, shapes), null, 2)}\n`)
  }

  /** `cats/1.json` of `cats/1.jpg`; `cats/1-2.json` where `cats/1.png` has that. */
  #nameFor(file: string): string {
    const stem = file.replace(/\.[^./]+$/, '')
    for (let n = 1; ; n++) {
      const name = n === 1 ? `${stem}.json` : `${stem}-${n}.json`
      if (this.#names.has(name.toLowerCase())) continue
      this.#names.add(name.toLowerCase())
      return name
    }
  }

  /** Reads what was written as an import would, and compares it mask by mask. @throws AppError 'export.differs' */
  async compare(context: DatasetContext): Promise<void> {
    // any rule that needs no further pass over the files
    const request = { imagesDir: this.#files.folder, labels: { kind: 'filename' } } as const
    const lists = { jsons: this.#files.names, photos: this.written.photos, look: this.written.expected.look() }
    await this.written.expected.compare((own) => readLabelme(request, own, { lists, keepsDuplicates: true }), context)
  }
}

function documentOf({ file, width, height, source }: ExportedImage, shapes: readonly JsonObject[]): JsonObject {
  const { version: ownVersion, flags, shapes: withoutArea } = source ?? {}
  const others = Array.isArray(withoutArea) ? withoutArea.filter((shape) => isObject(shape) && hasNoArea(shape)) : []
  return {
    version: typeof ownVersion === 'string' ? ownVersion : version,
    flags: isObject(flags) ? flags : {},
    shapes: [...shapes, ...(others as JsonObject[])],
    imagePath: basename(file),
    imageData: null,
    imageHeight: height,
    imageWidth: width,
    ...without(source ?? {}, ownFields),
  }
}
