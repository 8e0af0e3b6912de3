import { z } from 'zod'
import { call, stream } from '../rpc.ts'
import { FilePath, Progress } from './common.ts'
import { detectorNames } from './detecting.ts'
import { alphas, architectureNames } from './models.ts'
import { Preprocessing } from './models.ts'

const count = z.number().int().nonnegative()

/** Short and stable, such as `vgg16-notop`: how people and programs name an entry. */
const CatalogueId = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9.-]*$/)

/** What is told of every file of the catalogue, see `resources/models.json`. */
const ofEveryEntry = {
  id: CatalogueId,
  /** address, relative to `baseUrl`; to a mirror, where one is named */
  file: z.string().regex(/^([A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+\.(h5|onnx)$/),
  /** the folder where it is published; left out: the catalogue's */
  baseUrl: z.url({ protocol: /^https$/ }).optional(),
  licence: z.strictObject({ name: z.string().min(1), url: z.url({ protocol: /^https$/ }) }),
  /** who made the weights */
  source: z.url({ protocol: /^https$/ }),
}
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const side = count.min(8).max(4096)

/** Official weights of a network. */
const ClassifierEntry = z.strictObject({
  ...ofEveryEntry,
  /** with its classes, or without them, for training new ones */
  purpose: z.enum(['classifying', 'fine-tuning']),
  architecture: z.strictObject({
    name: z.enum(architectureNames),
    /** share of MobileNet's channels; 1 for the others */
    alpha: z.literal(alphas),
    /** whether the layers that tell ImageNet's 1,000 classes are part of it; else it ends at its last feature map */
    top: z.boolean(),
  }),
  /** side of the photos that it was trained on, pixels */
  inputSize: side,
  /** null: nobody has published it; then the first file that can be read as these weights is taken */
  bytes: count.min(1).nullable(),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable(),
  sha256: Sha256.nullable(),
})

/** A detector of COCO's 80 kinds of objects. */
const DetectorEntry = z.strictObject({
  ...ofEveryEntry,
  purpose: z.literal('detecting'),
  detector: z.strictObject({
    /** as `obalex detect` is told it */
    architecture: z.enum(detectorNames),
    /** such as `Mask R-CNN on ResNet101` */
    name: z.string().min(1),
    /** side that photos are brought to, pixels */
    side,
    /** which side: of the square that they lie in, or their own shorter one */
    of: z.enum(['square', 'short-side']),
  }),
  bytes: count.min(1),
  md5: z.null(),
  sha256: Sha256,
})

/** A file that the program knows of, as `resources/models.json` names it. */
export const CatalogueEntry = z.discriminatedUnion('purpose', [ClassifierEntry, DetectorEntry])
export type CatalogueEntry = z.output<typeof CatalogueEntry>
export type ClassifierEntry = z.output<typeof ClassifierEntry>
export type DetectorEntry = z.output<typeof DetectorEntry>

/** What there is of an entry on this machine. */
export const CatalogueState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  /** a download that is under way in this program, or can be continued */
  z.strictObject({ kind: z.literal('partial'), bytes: count, isUnderWay: z.boolean() }),
  z.strictObject({
    kind: z.literal('present'),
    path: z.string(),
    bytes: count,
    sha256: z.string(),
    /** `hash`: the catalogue names it; `structure`: it names none, and the layers are the architecture's */
    verifiedBy: z.enum(['hash', 'structure']),
    /** false: a file of the user's, which stays where it is */
    isOwn: z.boolean(),
  }),
  /** `missing`: not there any more; `changed`: since it was verified; `unverified`: it never was */
  z.strictObject({ kind: z.literal('bad'), path: z.string(), reason: z.enum(['missing', 'changed', 'unverified']) }),
])
export type CatalogueState = z.output<typeof CatalogueState>

const ofEveryRow = { url: z.url(), state: CatalogueState }
const CatalogueRow = z.discriminatedUnion('purpose', [
  ClassifierEntry.extend({
    ...ofEveryRow,
    preprocess: Preprocessing,
    /** explanation layer */
    layer: z.string(),
  }),
  DetectorEntry.extend(ofEveryRow),
])
export type CatalogueRow = z.output<typeof CatalogueRow>

/** How far a download is; `done` and `total` are bytes. */
export const TransferProgress = Progress.extend({
  /** of the last seconds; null: not known yet, or nothing is transferred now */
  bytesPerSecond: z.number().nonnegative().nullable(),
})
export type TransferProgress = z.output<typeof TransferProgress>

export const catalogueProcedures = {
  /** Every entry, and what there is of it here. Reads no file's content, and never the network. */
  'catalogue.list': call(
    z.strictObject({}),
    z.strictObject({
      /** where downloads go */
      folder: z.string(),
      models: z.array(CatalogueRow),
    }),
  ),
  /**
   * Downloads an entry, or goes on with a download that was stopped; verified before it has its name. What is there
   * already is verified instead. Cancelling keeps what was downloaded.
   * @throws AppError 'catalogue.unknown', 'catalogue.differs', 'download.*', 'file.unwritable'
   */
  'catalogue.download': stream(z.strictObject({ id: CatalogueId }), TransferProgress, CatalogueRow),
  /**
   * Takes a file of the user's for an entry, after the same verification; it stays where it is.
   * @param id null: the entry whose file it is
   * @throws AppError 'catalogue.unknown', 'catalogue.differs', 'download.busy', 'file.*'
   */
  'catalogue.add': stream(
    z.strictObject({ id: CatalogueId.nullable().default(null), path: FilePath }),
    TransferProgress,
    CatalogueRow,
  ),
  /**
   * Deletes what was downloaded of an entry, whole or not; of a file of the user's, only that it belongs to it.
   * @throws AppError 'catalogue.unknown', 'download.busy', 'file.unwritable'
   */
  'catalogue.remove': call(z.strictObject({ id: CatalogueId }), CatalogueRow),
}
