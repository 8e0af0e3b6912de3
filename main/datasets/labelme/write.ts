import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { basename } from 'node:path/posix'
import { AppError } from '#common/contract/errors.ts'
import { rleArea } from '#common/mask/rle.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import {
  checkAborted,
  type DatasetContext,
  type ExportedImage,
  type ExportRequest,
  type ExportSummary,
  type JsonObject,
  type WriteDataset,
} from '../dataset.ts'
import { ExpectedMasks } from '../expected-masks.ts'
import { isObject, without } from '../json/objects.ts'
import { makeFolder, writing } from '../text-file.ts'
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
export const writeLabelme: WriteDataset = async ({ outDir }, images, context) => {
  await makeFolder(outDir)
  // In the same folder, so that what is done can be renamed into place; nothing half-written stays in sight.
  const workDir = await writing(outDir, () => mkdtemp(join(outDir, '.export-')))
  try {
    const files = new WrittenFiles(outDir, workDir)
    for await (const image of images) {
      checkAborted(context.signal)
      await files.add(image)
      context.onProgress({ step: 'images', done: files.expected.nImages, total: null })
    }
    await files.compare(context)
    return await files.finish()
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

/** The files of an export while they lie aside. */
class WrittenFiles {
  readonly expected = new ExpectedMasks()
  readonly #outDir: ExportRequest['outDir']
  readonly #workDir: string
  readonly #jsons: string[] = []
  readonly #photos: string[] = []
  /** in small letters, since some disks do not tell them from capitals */
  readonly #names = new Set<string>()
  #nEmptyMasks = 0

  constructor(outDir: string, workDir: string) {
    this.#outDir = outDir
    this.#workDir = workDir
  }

  /** @throws AppError 'file.exists', 'shape.mismatch', 'file.unwritable' */
  async add(image: ExportedImage): Promise<void> {
    const json = this.#nameFor(image.file)
    const path = await resolveInside(this.#workDir, json)
    if (existsSync(join(this.#outDir, json))) throw fileExists(join(this.#outDir, json))
    this.expected.addImage(image.file, image.width, image.height)
    const shapes = await this.#shapesOf(image)
    const text = `${JSON.stringify(documentOf(image, shapes), null, 2)}\n`
    await makeFolder(dirname(path))
    await writing(path, () => writeFile(path, text, { flag: 'wx', flush: true }))
    this.#jsons.push(json)
    this.#photos.push(image.file)
  }

  async #shapesOf({ file, width, height, instances }: ExportedImage): Promise<readonly JsonObject[]> {
    const shapes: JsonObject[] = []
    const taken = new Set<string>()
    for (const instance of instances) {
      const { rle, score, isCrowd } = instance
      if (rle.width !== width || rle.height !== height) {
        throw new AppError(
          'shape.mismatch',
          `a mask of ${file} has ${rle.width}×${rle.height} pixels, the image has not`,
        )
      }
      if (rleArea(rle) === 0) {
        this.#nEmptyMasks++
        continue
      }
      shapes.push(...(await writtenShapes(instance, taken)))
      this.expected.addMask({ category: labelOf(instance), score, isCrowd, rle })
    }
    return shapes
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
  async compare({ signal, onProgress }: DatasetContext): Promise<void> {
    // any rule that needs no further pass over the files
    const request = { imagesDir: this.#workDir, labels: { kind: 'filename' } } as const
    const context: DatasetContext = {
      signal,
      onProgress: ({ done, total }) => onProgress({ step: 'compare', done, total }),
    }
    const lists = { jsons: this.#jsons, photos: this.#photos, look: this.expected.look() }
    for await (const event of readLabelme(request, context, { lists, keepsDuplicates: true }))
      this.expected.check(event)
    this.expected.checkEnd()
  }

  /** Brings all files to their place, or none. @throws AppError 'file.exists', 'file.unwritable' */
  async finish(): Promise<ExportSummary> {
    const moved: string[] = []
    try {
      for (const json of this.#jsons) {
        const path = join(this.#outDir, json)
        await makeFolder(dirname(path))
        if (existsSync(path)) throw fileExists(path)
        await writing(path, () => rename(join(this.#workDir, json), path))
        moved.push(path)
      }
    } catch (error) {
      for (const path of moved) await rm(path, { force: true })
      throw error
    }
    const { nImages, nMasks } = this.expected
    return { files: [resolve(this.#outDir)], images: nImages, instances: nMasks, emptyMasks: this.#nEmptyMasks, losses: [] }
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

function fileExists(path: string): AppError {
  return new AppError('file.exists', `${path} is there already`, {
    hint: 'Nothing was written. Choose a folder without LabelMe files.',
    data: { path },
  })
}
