import { splitFromPath } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import { decodeRle, rleBbox } from '#common/mask/rle.ts'
import { formatMaskPng } from '#main/files/png.ts'
import { type DatasetContext, type ExportedImage, type ExportedInstance } from '../dataset.ts'
import { without } from '../json/objects.ts'
import { categoryEnding } from '../mask-pictures/file-names.ts'
import { stemOf } from '../photo-names.ts'
import type { StagedFiles } from '../staged-files.ts'
import { stagedWriter, type StagedDataset } from '../write-staged.ts'
import { WrittenMasks } from '../written-masks.ts'
import { ImageIds } from './catalogue.ts'
import { ClassLabels, openImagesSource } from './class-labels.ts'
import { readOpenImages } from './read.ts'
import { columns, csvLine, tableEnding } from './tables.ts'

/** The part of a photo that no part of a dataset is known of. */
const noSubset = 'default'
const namesFile = 'annotations/class-descriptions.csv'
const maxOtherColumns = 50

type Fields = Readonly<Record<string, string>>

/** A photo that was written. */
interface WrittenPhoto {
  readonly file: string
  readonly subset: string
  /** What it was called where it came from. */
  readonly ownId: string | null
  readonly rows: readonly Fields[]
}

/**
 * Writes a PNG a mask, a table of masks for each part of the dataset, and the names of classes. Nothing that is there is
 * replaced.
 */
export const writeOpenImages = stagedWriter(
  'Nothing was written. Choose another folder, or an empty one.',
  (files) => new WrittenOpenImages(files),
)

class WrittenOpenImages implements StagedDataset {
  readonly written = new WrittenMasks()
  readonly #files: StagedFiles
  readonly #labels = new ClassLabels()
  readonly #photos: WrittenPhoto[] = []
  readonly #pngs: string[] = []
  /** in small letters, since some disks do not tell them from capitals */
  readonly #taken = new Set<string>()

  constructor(files: StagedFiles) {
    this.#files = files
  }

  /** @throws AppError 'file.exists', 'shape.mismatch', 'file.unwritable' */
  async add(image: ExportedImage): Promise<void> {
    const { file } = image
    const masks = this.written.addImage(image)
    const { ImageID: id } = openImagesSource(image.source)
    const subset = subsetOf(image)
    const rows: Fields[] = []
    for (const [number, instance] of masks.entries()) {
      const { label, name: category } = this.#labels.give(instance)
      const { BoxID: own } = openImagesSource(instance.source)
      const boxId = typeof own === 'string' && /^[\w-]{1,64}$/.test(own) ? own : number.toString(16).padStart(8, '0')
      const ofClass = categoryEnding(label.replaceAll('/', '').slice(0, 60))
      const path = this.#freePath(subset, `${pathOf(file)}${ofClass}_${boxId}`)
      const png = `masks/${subset}/${path}`
      await this.#files.write(png, await formatMaskPng(decodeRle(instance.rle)))
      this.#pngs.push(png)
      rows.push({ MaskPath: path, LabelName: label, BoxID: boxId, ...factsOf(instance) })
      this.written.losses.addScoreAndCrowd(instance)
      this.written.expected.addMask({ category, score: null, isCrowd: false, rle: instance.rle })
    }
    this.#photos.push({ file, subset, ownId: typeof id === 'string' ? id : null, rows })
  }

  /** Writes the tables: what photos are called is known when all are. @throws AppError as `add`, 'export.differs' */
  async addLists(): Promise<void> {
    const ids = new ImageIds(this.#photos.map(({ file }) => file))
    const others = new Set(this.#photos.flatMap(({ rows }) => rows.flatMap(Object.keys)))
    for (const name of columns) others.delete(name)
    const header = [...columns, ...[...others].slice(0, maxOtherColumns)]
    // a dataset without masks has a table too
    const subsets = new Set(this.#photos.filter(({ rows }) => rows.length > 0).map(({ subset }) => subset))
    for (const subset of subsets.size === 0 ? [noSubset] : subsets) {
      const lines = [csvLine(header)]
      for (const photo of this.#photos) {
        if (photo.subset !== subset || photo.rows.length === 0) continue
        const ImageID = idOf(photo, ids)
        for (const row of photo.rows) lines.push(lineOf({ ...row, ImageID }, header))
      }
      await this.#files.write(`annotations/${subset}${tableEnding}`, lines.join(''))
    }
    await this.#files.write(namesFile, [['LabelName', 'DisplayName'], ...this.#labels.list()].map(csvLine).join(''))
  }

  /** Reads what was written as an import would, and compares it mask by mask. @throws AppError 'export.differs' */
  async compare(context: DatasetContext): Promise<void> {
    // any rule that needs no further pass over the files
    const request = { imagesDir: '', annotations: this.#files.folder, labels: { kind: 'filename' } } as const
    const lists = { photos: this.#photos.map(({ file }) => file), pngs: this.#pngs, look: this.written.expected.look() }
    await this.written.expected.compare(
      (own) => readOpenImages(request, own, { lists, keepsDuplicates: true }),
      context,
    )
  }

  #freePath(subset: string, stem: string): string {
    let path = `${stem}.png`
    for (let n = 2; this.#taken.has(`${subset}/${path}`.toLowerCase()); n++) path = `${stem}_${n}.png`
    this.#taken.add(`${subset}/${path}`.toLowerCase())
    return path
  }
}

function lineOf(fields: Fields, header: readonly string[]): string {
  return csvLine(header.map((name) => (Object.hasOwn(fields, name) ? fields[name]! : '')))
}

/** The part of the dataset: that which the photo came with, else by its path. */
function subsetOf({ file, source }: ExportedImage): string {
  const { subset } = openImagesSource(source)
  if (typeof subset === 'string' && /^\w{1,40}$/.test(subset)) return subset
  return splitFromPath(file) ?? splitFromPath(file.replace(/^images\//, '')) ?? noSubset
}

/** A photo's path without its part of the dataset and its ending. */
function pathOf(file: string): string {
  const inside = file.replace(/^images\//, '')
  const own = splitFromPath(inside) === null ? inside : inside.slice(inside.indexOf('/') + 1)
  return stemOf(own).replace(/[\\\r\n]/g, '_')
}

/** The shortest of its names by which the photo is found again. @throws AppError 'export.differs' */
function idOf({ file, subset, ownId }: WrittenPhoto, ids: ImageIds): string {
  // not the name alone, as Open Images has it: other photos of that name may lie there, which are not in the project
  const candidates = [ownId, pathOf(file), stemOf(file), file].filter((id) => id !== null)
  const isOne = (id: string): boolean => {
    const found = ids.find(id, subset)
    return found.length === 1 && found[0] === file && !/[\r\n]/.test(id)
  }
  const id = candidates.find(isOne)
  if (id !== undefined) return id
  throw new AppError('export.differs', `there is no name by which a table could tell ${JSON.stringify(file)}`, {
    hint: 'Nothing was written. Rename the photo, or choose another format.',
    data: { file },
  })
}

/** What a row says of a mask besides; a mask that was edited has its own box, and nobody's clicks. */
function factsOf({ rle, source, edited }: ExportedInstance): Fields {
  const rest = without(openImagesSource(source), ['MaskPath', 'ImageID', 'LabelName', 'BoxID', 'category'])
  const texts = Object.entries(rest).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  if (texts.length > 0 && !edited) return Object.fromEntries(texts)
  const [x, y, width, height] = rleBbox(rle)
  return {
    ...Object.fromEntries(texts),
    BoxXMin: String(x / rle.width),
    BoxXMax: String((x + width) / rle.width),
    BoxYMin: String(y / rle.height),
    BoxYMax: String((y + height) / rle.height),
    PredictedIoU: '',
    Clicks: '',
  }
}
