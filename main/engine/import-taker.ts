import type { Kysely, Transaction } from 'kysely'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { FolderId, ImageId, InstanceMaskId } from '#common/contract/ids.ts'
import type { ImportReport } from '#common/contract/procedures/importing.ts'
import type { LabelRule } from '#common/classes/label-rules.ts'
import { iou, countOverlap } from '#common/mask/overlap.ts'
import { rleArea, rleBbox, type Rle } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import type { ImportedImage, ImportedInstance, ImportEvent } from '#main/datasets/dataset.ts'
import { summaryWords, defectWords } from '#main/datasets/defect-words.ts'
import { DefectTally, type Defect } from '#main/datasets/defects.ts'
import {
  findImagesByFile,
  findOrInsertFolder,
  insertImages,
  listFolders,
  updateImage,
  type ProjectImage,
} from '#main/project/image-repository.ts'
import { addCorrection, currentMasks, findIdentical, insertInstances } from '#main/project/mask-repository.ts'
import type { NewInstance, StoredMask } from '#main/project/mask-rows.ts'
import type { Schema } from '#main/project/schema.ts'
import { rleOf } from './object-mask.ts'

/** Where the data come from. */
export interface ImportOrigin {
  readonly format: string
  /** absolute */
  readonly folder: string
  /** set: the masks are corrections by this person */
  readonly auditor: string | null
}

/** Rows that are taken in together: few statements, and memory that does not grow with the dataset. */
const batchSize = 500

/** An image of the dataset and its row; a dry run has no row for a new one. */
interface TakenImage {
  readonly id: ImageId | null
  readonly isNew: boolean
}

/**
 * Takes the events of a dataset reader into a project, or in a dry run only counts what it would take. Images and masks
 * that are there already are known again: importing twice changes nothing.
 */
export class ImportTaker {
  readonly #db: Kysely<Schema>
  readonly #trx: Transaction<Schema> | null
  readonly #origin: ImportOrigin
  readonly #folderId: FolderId | null
  readonly #now: () => number
  readonly #images = new Map<string, TakenImage>()
  readonly #defects = new DefectTally()
  readonly #labels = new Map<string | null, number>()
  readonly #categories = new Map<string | null, number>()
  readonly #counts = { new: 0, known: 0, refused: 0 }
  readonly #instanceCounts = { new: 0, known: 0, corrections: 0, refused: 0 }
  #newImages: ImportedImage[] = []
  #newInstances: ImportedInstance[] = []
  #labelRule: LabelRule | null = null
  #isLabelRuleGuessed = false

  private constructor(
    parts: { db: Kysely<Schema>; trx: Transaction<Schema> | null; folderId: FolderId | null; now: () => number },
    origin: ImportOrigin,
  ) {
    this.#db = parts.db
    this.#trx = parts.trx
    this.#folderId = parts.folderId
    this.#now = parts.now
    this.#origin = origin
  }

  static async forWriting(trx: Transaction<Schema>, origin: ImportOrigin, now: () => number): Promise<ImportTaker> {
    return new ImportTaker({ db: trx, trx, folderId: await findOrInsertFolder(trx, origin.folder), now }, origin)
  }

  static async forDryRun(db: Kysely<Schema>, origin: ImportOrigin, now: () => number): Promise<ImportTaker> {
    const known = [...(await listFolders(db))].find(([, path]) => path === origin.folder)
    return new ImportTaker({ db, trx: null, folderId: known?.[0] ?? null, now }, origin)
  }

  async take(event: ImportEvent): Promise<void> {
    switch (event.kind) {
      case 'image':
        this.#newImages.push(event.image)
        if (this.#newImages.length >= batchSize) await this.#flushImages()
        return
      case 'instance':
        this.#newInstances.push(event.instance)
        if (this.#newInstances.length >= batchSize) await this.flush()
        return
      case 'defect':
        this.#countDefect(event.defect)
        return
      case 'note':
        this.#labelRule = event.note.rule
        this.#isLabelRuleGuessed = event.note.isGuess
    }
  }

  async flush(): Promise<void> {
    await this.#flushImages()
    await this.#flushInstances()
  }

  report(): Omit<ImportReport, 'isDryRun' | 'format'> {
    return {
      images: { ...this.#counts },
      instances: { ...this.#instanceCounts },
      labels: [...this.#labels].map(([label, count]) => ({ label, count })),
      categories: [...this.#categories].map(([category, count]) => ({ category, count })),
      labelRule: this.#labelRule && labelRuleText(this.#labelRule),
      isLabelRuleGuessed: this.#isLabelRuleGuessed,
      defects: this.#defects.summary().map((summary) => ({
        kind: summary.kind,
        action: summary.action,
        count: summary.count,
        words: summaryWords(summary),
        places: summary.examples.map(defectWords),
      })),
    }
  }

  #countDefect(defect: Defect): void {
    this.#defects.add(defect)
    if (defect.action !== 'refused') return
    const type = defect.place.record?.type
    if (type === 'annotation' || type === 'result') this.#instanceCounts.refused++
    else if (type !== 'category') this.#counts.refused++
  }

  async #flushImages(): Promise<void> {
    const batch = this.#newImages
    this.#newImages = []
    if (batch.length === 0) return
    const files = batch.map(({ file }) => file)
    const known =
      this.#folderId === null
        ? new Map<string, ProjectImage>()
        : await findImagesByFile(this.#db, this.#folderId, files)
    const added: ImportedImage[] = []
    for (const image of batch) {
      this.#labels.set(image.label, (this.#labels.get(image.label) ?? 0) + 1)
      const row = known.get(image.file)
      if (row) {
        this.#counts.known++
        this.#images.set(image.file, { id: row.id, isNew: false })
        if (this.#trx) await this.#refreshImage(this.#trx, row, image)
      } else added.push(image)
    }
    this.#counts.new += added.length
    const ids = this.#trx ? await this.#insertImages(this.#trx, added) : null
    added.forEach(({ file }, index) => this.#images.set(file, { id: ids?.[index] ?? null, isNew: true }))
  }

  async #insertImages(trx: Transaction<Schema>, images: readonly ImportedImage[]): Promise<readonly ImageId[]> {
    const rows = images.map(({ source, ...image }) => ({
      ...image,
      folderId: this.#folderId!,
      source: (source ?? {}) as JsonObject,
    }))
    return insertImages(trx, rows, this.#now())
  }

  /** A photo that was replaced, or that has a label now, is taken as it is now; its old results no longer count. */
  async #refreshImage(trx: Transaction<Schema>, row: ProjectImage, image: ImportedImage): Promise<void> {
    const { sha256, sizeBytes, width, height } = image
    const label = image.label ?? row.label
    const split = image.split ?? row.split
    if (row.sha256 === sha256 && row.label === label && row.split === split) return
    await updateImage(trx, row.id, { sha256, sizeBytes, width, height, label, split })
  }

  async #flushInstances(): Promise<void> {
    const batch = this.#newInstances
    this.#newInstances = []
    const added: NewInstance[] = []
    for (const instance of batch) {
      this.#categories.set(instance.category, (this.#categories.get(instance.category) ?? 0) + 1)
      const image = this.#images.get(instance.file)!
      const outcome = await this.#placeInstance(instance, image)
      if (outcome === 'known') this.#instanceCounts.known++
      else if (outcome === 'correction') this.#instanceCounts.corrections++
      else {
        this.#instanceCounts.new++
        if (image.id !== null) added.push(this.#toRow(instance, image.id))
      }
    }
    if (this.#trx) await insertInstances(this.#trx, added, this.#now())
  }

  async #placeInstance(instance: ImportedInstance, image: TakenImage): Promise<'new' | 'known' | 'correction'> {
    if (image.id === null || image.isNew) return 'new'
    const { auditor } = this.#origin
    const { category, rle } = instance
    const mask = storedMask(rle)
    const kind = auditor === null ? 'machine' : 'correction'
    if ((await findIdentical(this.#db, { imageId: image.id, category, kind, mask })) !== null) return 'known'
    if (auditor === null) return 'new'
    const instanceMaskId = await this.#bestMatch(image.id, instance)
    if (instanceMaskId === null) return 'new'
    if (this.#trx) await addCorrection(this.#trx, { instanceMaskId, auditor, mask }, this.#now())
    return 'correction'
  }

  /** The instance that a correction is of: the one it overlaps most, among those of its category where there are any. */
  async #bestMatch(imageId: ImageId, { category, rle }: ImportedInstance): Promise<InstanceMaskId | null> {
    const all = (await currentMasks(this.#db, [imageId])).get(imageId) ?? []
    const sameCategory = all.filter(({ instance }) => instance.category === category)
    let best: { id: InstanceMaskId; iou: number } | null = null
    for (const { instance, revision } of sameCategory.length > 0 ? sameCategory : all) {
      if (revision.mask.width !== rle.width || revision.mask.height !== rle.height) continue
      const overlap = iou(countOverlap(rleOf(revision.mask), rle)) ?? 0
      if (overlap > (best?.iou ?? 0)) best = { id: instance.id, iou: overlap }
    }
    return best?.id ?? null
  }

  #toRow({ category, categorySourceId, score, isCrowd, rle, source }: ImportedInstance, imageId: ImageId): NewInstance {
    const { format, auditor } = this.#origin
    return {
      imageId,
      category,
      categorySourceId,
      score,
      isCrowd,
      origin: `import:${format}`,
      source: source as JsonObject | null,
      mask: storedMask(rle),
      auditor,
    }
  }
}

function storedMask(rle: Rle): StoredMask {
  const { width, height } = rle
  return { width, height, counts: compressCounts(rle.counts), area: rleArea(rle), bbox: rleBbox(rle) }
}

/** A rule as the user writes it. */
function labelRuleText(rule: LabelRule): string {
  if (rule.kind === 'field') return `field:${rule.name}`
  return rule.kind === 'csv' ? `csv:${rule.file}` : rule.kind
}
