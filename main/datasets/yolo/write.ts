import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { splitFromPath } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import { sameRle } from '#common/mask/rle.ts'
import { checkAborted, type DatasetContext, type ExportedImage, type ExportedInstance } from '../dataset.ts'
import type { StagedFiles } from '../staged-files.ts'
import { stagedWriter, type StagedDataset } from '../write-staged.ts'
import { WrittenMasks } from '../written-masks.ts'
import { writing } from '../text-file.ts'
import { Classes, lineOf } from './classes.ts'
import { labelsFor } from './label-files.ts'
import { formatShares, parseLine, readShares } from './label-line.ts'
import { oneRing, type OneRing } from './one-ring.ts'
import { readYolo } from './read.ts'

const dataFile = 'data.yaml'

/**
 * Writes a label file a photo, and data.yaml. A line holds one outline and no more: what that loses is counted. What is
 * compared is the mask that the outline gives.
 */
export const writeYolo = stagedWriter(
  'Nothing was written. Choose a folder without labels.',
  (files) => new WrittenLabels(files),
)

/** The label files of an export while they lie aside. */
class WrittenLabels implements StagedDataset {
  readonly #staged: StagedFiles
  readonly written = new WrittenMasks()
  readonly #classes = new Classes()
  /** in small letters, since some disks do not tell them from capitals */
  readonly #names = new Set<string>()
  /** Names of classes, by the numbers that they have in the files till all are known. */
  readonly #numbers = new Map<string, number>()

  constructor(staged: StagedFiles) {
    this.#staged = staged
  }

  /** @throws AppError 'file.exists', 'shape.mismatch', 'export.differs', 'file.unwritable' */
  async add(image: ExportedImage): Promise<void> {
    const { file } = image
    const name = labelName(file)
    if (this.#names.has(name.toLowerCase())) throw nameTaken(name)
    this.#names.add(name.toLowerCase())
    const masks = this.written.addImage(image)
    const lines = masks.map((instance) => {
      const category = this.#classes.note(instance)
      const { shares, rle, losses } = keptRing(instance) ?? oneRing(instance.rle)
      this.written.losses.addScoreAndCrowd(instance)
      for (const what of losses) this.written.losses.add(what)
      this.written.expected.addMask({ category, score: null, isCrowd: false, rle })
      const number = this.#numbers.get(category) ?? this.#numbers.size
      this.#numbers.set(category, number)
      return `${number} ${shares}\n`
    })
    await this.#staged.write(name, lines.join(''))
  }

  /** Writes data.yaml, and gives the classes in the label files their final numbers. */
  async addLists(signal: AbortSignal): Promise<void> {
    const names = this.#classes.list()
    const final = [...this.#numbers.keys()].map((name) => names.indexOf(name))
    if (final.some((number, i) => number !== i)) {
      for (const name of this.#staged.names) {
        checkAborted(signal)
        await renumber(join(this.#staged.folder, name), final)
      }
    }
    const folders = Map.groupBy(this.written.photos, splitOfPhoto)
    const folderOf = (split: string) => folderOfPhoto(folders.get(split)?.[0])
    const train = folderOf('train') ?? 'images'
    const test = folderOf('test')
    const data = {
      path: '.',
      train,
      val: folderOf('validation') ?? train,
      ...(test === null ? {} : { test }),
      nc: names.length,
      names,
    }
    await this.#staged.write(dataFile, stringify(data, { lineWidth: 0 }))
  }

  /** Reads what was written as an import would, and compares it mask by mask. @throws AppError 'export.differs' */
  async compare(context: DatasetContext): Promise<void> {
    const { folder } = this.#staged
    // any rule that needs no further pass over the files
    const request = { imagesDir: folder, annotations: join(folder, dataFile), labels: { kind: 'filename' } } as const
    const lists = { photos: this.written.photos, look: this.written.expected.look() }
    await this.written.expected.compare((own) => readYolo(request, own, { lists, keepsDuplicates: true }), context)
  }
}

/** `labels/train/1.txt` of `images/train/1.jpg`, `labels/cats/1.txt` of `cats/1.jpg`. */
function labelName(file: string): string {
  const text = `${file.replace(/\.[^./]+$/, '')}.txt`
  return labelsFor(text) ?? `labels/${text}`
}

/**
 * The outline that an instance came with, digit for digit: that of its line, or the only one of a COCO record, if the
 * mask is not edited and the outline gives it.
 */
function keptRing(instance: ExportedInstance): OneRing | null {
  const { source, edited, rle } = instance
  if (edited) return null
  const photo = [rle.width, rle.height] as const
  const shares = sharesOfLine(lineOf(instance)) ?? sharesOfRing(source?.['segmentation'], photo)
  if (shares === null) return null
  const parsed = parseLine(`0 ${shares}`)
  if (!('ring' in parsed) || parsed.score !== null) return null
  const reading = readShares(parsed.ring, photo)
  return reading.rle !== null && sameRle(reading.rle, rle) ? { shares, rle, losses: [] } : null
}

function sharesOfLine(line: string | null): string | null {
  if (line === null) return null
  const [, ...numbers] = line.trim().split(/\s+/)
  // a detector's confidence stands at the end
  return (numbers.length % 2 === 1 ? numbers.slice(0, -1) : numbers).join(' ')
}

function sharesOfRing(segmentation: unknown, photo: readonly [number, number]): string | null {
  if (!Array.isArray(segmentation) || segmentation.length !== 1) return null
  const [ring] = segmentation as unknown[]
  if (!Array.isArray(ring) || !ring.every((value) => typeof value === 'number')) return null
  return formatShares(ring, photo)
}

async function renumber(path: string, numbers: readonly number[]): Promise<void> {
  const lines = (await readFile(path, 'utf8')).replace(/^\d+/gm, (number) => String(numbers[Number(number)]))
  await writing(path, () => writeFile(path, lines, { flush: true }))
}

function splitOfPhoto(file: string): string {
  return splitFromPath(file.replace(/^images\//, '')) ?? 'none'
}

/** The folder of photos that a split is, as data.yaml has it: `images/train`, or `train/images` where that is. */
function folderOfPhoto(file: string | undefined): string | null {
  if (file === undefined) return null
  const [own] = /^[^/]+\/images(?=\/)/.exec(file) ?? []
  return own ?? `images/${file.replace(/^images\//, '').split('/')[0]}`
}

function nameTaken(name: string): AppError {
  return new AppError('export.differs', `two photos would both have the labels ${name}`, {
    hint: 'Nothing was written. This format tells photos by their names without the ending.',
    data: { name },
  })
}
