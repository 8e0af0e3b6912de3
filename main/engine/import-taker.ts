import type { Kysely, Transaction } from 'kysely'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { FolderId, ImageId, InstanceMaskId } from '#common/contract/ids.ts'
import type { ImportedImage, ImportedInstance, ImportEvent } from '#main/datasets/dataset.ts'
import {
  findImagesByFile,
  findOrInsertFolder,
  insertImages,
  listFolders,
  updateImage,
  type ProjectImage,
} from '#main/project/image-repository.ts'
import { ImportRecorder, type StoredImport } from '#main/project/import-repository.ts'
import {
  addCorrection,
  currentMasks,
  findIdentical,
  insertInstances,
  listRevisions,
} from '#main/project/mask-repository.ts'
import { hashMask, storedMask, type NewInstance, type StoredMask } from '#main/project/mask-rows.ts'
import type { Schema } from '#main/project/schema.ts'
import { ImportCounts, type CountedImport } from './import-counts.ts'
import { matchInstance } from './match-instance.ts'

/** Where the data come from. */
export interface ImportOrigin {
  readonly format: string
  /** absolute */
  readonly folder: string
  /** set: the masks are corrections by this person */
  readonly auditor: string | null
}

/** A mask that a person drew, as the audit log names it. */
export interface TakenCorrection {
  readonly instance: InstanceMaskId
  readonly revision: number
  readonly sha256: string
}

/** Rows that are taken in together: few statements, and memory that does not grow with the dataset. */
const batchSize = 500

/** An image of the dataset and its row; a dry run has no row for a new one. */
interface TakenImage {
  readonly id: ImageId | null
  readonly isNew: boolean
}

/** What becomes of an instance; `of`: the one that it corrects. */
type Placing = { readonly kind: 'new' | 'known' } | { readonly kind: 'correction'; readonly of: InstanceMaskId }

/**
 * Takes the events of a dataset reader into a project, or in a dry run only counts what it would take. Images and masks
 * that are there already are known again: importing twice changes nothing.
 */
export class ImportTaker {
  readonly #db: Kysely<Schema>
  readonly #trx: Transaction<Schema> | null
  /** null in a dry run */
  readonly #recorder: ImportRecorder | null
  readonly #origin: ImportOrigin
  readonly #folderId: FolderId | null
  readonly #now: () => number
  readonly #images = new Map<string, TakenImage>()
  readonly #counts = new ImportCounts()
  readonly #corrections: TakenCorrection[] = []
  #newImages: ImportedImage[] = []
  #newInstances: ImportedInstance[] = []

  private constructor(
    parts: {
      readonly db: Kysely<Schema>
      readonly trx: Transaction<Schema> | null
      readonly recorder: ImportRecorder | null
      readonly folderId: FolderId | null
      readonly now: () => number
    },
    origin: ImportOrigin,
  ) {
    this.#db = parts.db
    this.#trx = parts.trx
    this.#recorder = parts.recorder
    this.#folderId = parts.folderId
    this.#now = parts.now
    this.#origin = origin
  }

  static async forWriting(trx: Transaction<Schema>, origin: ImportOrigin, now: () => number): Promise<ImportTaker> {
    const recorder = await ImportRecorder.begin(trx)
    const folderId = await findOrInsertFolder(trx, origin.folder)
    return new ImportTaker({ db: trx, trx, recorder, folderId, now }, origin)
  }

  static async forDryRun(db: Kysely<Schema>, origin: ImportOrigin, now: () => number): Promise<ImportTaker> {
    const known = [...(await listFolders(db))].find(([, path]) => path === origin.folder)
    return new ImportTaker({ db, trx: null, recorder: null, folderId: known?.[0] ?? null, now }, origin)
  }

  /** Takes all events of a reading. @throws what the reading throws */
  async takeAll(events: AsyncIterable<ImportEvent>): Promise<void> {
    for await (const event of events) await this.#take(event)
    await this.#flush()
  }

  report(): CountedImport {
    return this.#counts.report()
  }

  /** Ends the record of what was taken; null: nothing was. */
  async endRecord(): Promise<StoredImport | null> {
    return (await this.#recorder?.end()) ?? null
  }

  /** The masks that came in as a person's work. */
  get corrections(): readonly TakenCorrection[] {
    return this.#corrections
  }

  async #take(event: ImportEvent): Promise<void> {
    switch (event.kind) {
      case 'image':
        this.#newImages.push(event.image)
        if (this.#newImages.length >= batchSize) await this.#flushImages()
        return
      case 'instance':
        this.#newInstances.push(event.instance)
        if (this.#newInstances.length >= batchSize) await this.#flush()
        return
      case 'defect':
        this.#counts.addDefect(event.defect)
        return
      case 'note':
        this.#counts.takeNote(event.note)
    }
  }

  async #flush(): Promise<void> {
    await this.#flushImages()
    await this.#flushInstances()
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
      this.#counts.addLabel(image.label)
      const row = known.get(image.file)
      if (row) {
        this.#counts.images.known++
        this.#images.set(image.file, { id: row.id, isNew: false })
        if (this.#trx) await this.#refreshImage(this.#trx, row, image)
      } else added.push(image)
    }
    this.#counts.images.new += added.length
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

  /**
   * A photo that was replaced, or that has a label now, is taken as it is now; its old results no longer count. A guess
   * gives a label to an image that has none, but does not overrule one that it has.
   */
  async #refreshImage(trx: Transaction<Schema>, row: ProjectImage, image: ImportedImage): Promise<void> {
    const { sha256, sizeBytes, width, height } = image
    const label = this.#counts.isLabelRuleGuessed ? (row.label ?? image.label) : (image.label ?? row.label)
    const split = image.split ?? row.split
    if (row.sha256 === sha256 && row.label === label && row.split === split) return
    await this.#recorder!.keepFormer(row)
    await updateImage(trx, row.id, { sha256, sizeBytes, width, height, label, split })
  }

  async #flushInstances(): Promise<void> {
    const batch = this.#newInstances
    this.#newInstances = []
    const added: NewInstance[] = []
    for (const instance of batch) {
      this.#counts.addCategory(instance.category)
      const image = this.#images.get(instance.file)!
      const mask = storedMask(instance.rle)
      const placing = await this.#placeInstance(instance, mask, image)
      if (placing.kind === 'known') this.#counts.instances.known++
      else if (placing.kind === 'correction') await this.#correct(placing.of, mask)
      else {
        this.#counts.instances.new++
        if (image.id !== null) added.push(this.#toRow(instance, mask, image.id))
      }
    }
    if (this.#trx) await this.#insertInstances(this.#trx, added)
  }

  async #placeInstance(instance: ImportedInstance, mask: StoredMask, image: TakenImage): Promise<Placing> {
    if (image.id === null || image.isNew) return { kind: 'new' }
    const { id: imageId } = image
    const kind = this.#origin.auditor === null ? 'machine' : 'correction'
    const identical = await findIdentical(this.#db, { imageId, category: instance.category, kind, mask })
    if (identical !== null) return { kind: 'known' }
    if (kind === 'machine') return { kind: 'new' }
    const match = matchInstance(instance, (await currentMasks(this.#db, [imageId])).get(imageId) ?? [])
    if (!match) return { kind: 'new' }
    // a correction under another category than its instance's is not found by `findIdentical`
    const revisions = await listRevisions(this.#db, match.instance.id)
    const isKnown = revisions.some((revision) => revision.kind === 'correction' && revision.sha256 === hashMask(mask))
    if (isKnown) return { kind: 'known' }
    return { kind: 'correction', of: match.instance.id }
  }

  async #correct(instanceMaskId: InstanceMaskId, mask: StoredMask): Promise<void> {
    this.#counts.instances.corrections++
    if (!this.#trx) return
    const auditor = this.#origin.auditor!
    const { number, sha256 } = await addCorrection(this.#trx, { instanceMaskId, auditor, mask }, this.#now())
    this.#corrections.push({ instance: instanceMaskId, revision: number, sha256 })
  }

  async #insertInstances(trx: Transaction<Schema>, instances: readonly NewInstance[]): Promise<void> {
    const ids = await insertInstances(trx, instances, this.#now())
    if (this.#origin.auditor === null) return
    instances.forEach(({ mask }, index) => {
      this.#corrections.push({ instance: ids[index]!.id, revision: 1, sha256: hashMask(mask) })
    })
  }

  #toRow(
    { category, categorySourceId, score, isCrowd, source }: ImportedInstance,
    mask: StoredMask,
    imageId: ImageId,
  ): NewInstance {
    const { format, auditor } = this.#origin
    const facts = { imageId, category, categorySourceId, score, isCrowd, source: source as JsonObject | null }
    return { ...facts, origin: `import:${format}`, mask, auditor }
  }
}
