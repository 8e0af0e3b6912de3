import { z } from 'zod'
import { bytes } from '../binary.ts'
import { call } from '../rpc.ts'
import { ObjectChoice } from './classes.ts'
import { Variant } from './common.ts'
import { Fit } from './models.ts'
import { ProjectHandle } from './projects.ts'
import { ScoreNumbers } from './scoring.ts'

const count = z.number().int().nonnegative()
const rowId = z.number().int().positive()
const imageOfProject = { project: ProjectHandle, image: rowId }

/** What an auditor says of a machine mask; a correction is never judged. */
export const Verdict = z.enum(['accept', 'minor', 'reject', 'cannot judge'])
export type Verdict = z.output<typeof Verdict>

/** Why a mask is not simply accepted. `other` goes with a text in the comment. */
export const ReviewReason = z.enum([
  'missed part',
  'leaked outside',
  'wrong object',
  'several objects',
  'hole',
  'ragged edge',
  'wrong class',
  'other',
])
export type ReviewReason = z.output<typeof ReviewReason>

const Auditor = z.string().trim().min(1).max(200)

/** A prediction and its scores, as lists show them. */
const ImageResult = z.strictObject({
  model: z.string(),
  predicted: z.string(),
  /** null: not known */
  probability: z.number().nullable(),
  isCorrect: z.boolean().nullable(),
  scores: z.array(
    z.strictObject({
      method: z.string(),
      variant: Variant,
      maskVariant: Variant,
      obalex: z.number().nullable(),
      areaShare: z.number().nullable(),
      reason: z.enum(['no-mask', 'no-evidence']).nullable(),
    }),
  ),
})

/** An image in queue, grid and table. */
export const ImageRow = z.strictObject({
  id: rowId,
  /** below its folder */
  file: z.string(),
  width: rowId,
  height: rowId,
  label: z.string().nullable(),
  split: z.string().nullable(),
  nInstances: count,
  /** of the newest review; without one: no verdict, no reasons, nobody */
  verdict: Verdict.nullable(),
  reasons: z.array(ReviewReason),
  auditor: z.string().nullable(),
  /** an auditor wants to come back to it */
  isFlagged: z.boolean(),
  isCorrected: z.boolean(),
  results: z.array(ImageResult),
})
export type ImageRow = z.output<typeof ImageRow>

/** A mask as run lengths, column-major, beginning with background (as COCO's counts, see common/mask/rle.ts). */
const RunLengths = z.strictObject({
  width: rowId,
  height: rowId,
  counts: z.custom<Uint32Array>((v) => v instanceof Uint32Array),
})

/**
 * A step of an instance's stroke journal: paint, or a step back or forth in it. The journal is append-only; the steps
 * since the newest revision make the mask that is worked on.
 */
export const JournalStep = z.strictObject({
  id: rowId,
  kind: z.enum(['paint', 'undo', 'redo']),
  /** of `paint`: which pixels change, see common/mask/tile-patch.ts; empty otherwise */
  tiles: bytes,
  /** of `paint`: pixels added and removed by it */
  added: count,
  removed: count,
})
export type JournalStep = z.output<typeof JournalStep>

/**
 * Where an instance's journal stands for the one who goes on with it: the revision that it began at and its newest step
 * (null: none yet), as `image.read` and the answers since told. A step is appended there and nowhere else; one that the
 * journal already has right after it, the same in all, is not appended twice: a call whose answer was lost may be repeated.
 */
const JournalBase = z.strictObject({ revision: count, step: rowId.nullable() })
export type JournalBase = z.output<typeof JournalBase>

const ReviewedInstance = z.strictObject({
  id: rowId,
  category: z.string().nullable(),
  score: z.number().nullable(),
  isCrowd: z.boolean(),
  /** part of its image's object mask, the A of the score */
  isObject: z.boolean(),
  /** null: a person drew it, no machine */
  machine: RunLengths.nullable(),
  /** the newest correction; null: there is none */
  correction: RunLengths.nullable(),
  /** number of the newest revision, 0 for the machine's */
  revision: count,
  auditor: z.string().nullable(),
  /** the steps since that revision, the oldest first */
  journal: z.array(JournalStep),
})
export type ReviewedInstance = z.output<typeof ReviewedInstance>

/** An explanation map that the project keeps, with its scores. */
export const StoredMap = z.strictObject({
  /** of the explanation */
  id: rowId,
  modelId: rowId,
  model: z.string(),
  method: z.string(),
  variant: Variant,
  /** all of them, defaults included: the same method with other options is another map */
  options: z.record(z.string(), z.unknown()),
  /** the explained class */
  classIndex: count,
  classLabel: z.string(),
  /** the native map, see common/explanation/native-map.ts */
  header: z.string(),
  values: bytes,
  /** the grid that the score is taken on, and how the photo is brought to it */
  grid: z.strictObject({ width: rowId, height: rowId, fit: Fit }),
  maskVariant: Variant,
  /** with the machine masks, and with the newest revisions; null: not scored yet */
  machineScore: ScoreNumbers.nullable(),
  score: ScoreNumbers.nullable(),
})
export type StoredMap = z.output<typeof StoredMap>

export const Review = z.strictObject({
  verdict: Verdict,
  reasons: z.array(ReviewReason).max(8),
  comment: z.string().max(10_000),
  auditor: Auditor,
  /** ms UTC */
  at: count,
})
export type Review = z.output<typeof Review>

/** What decides which instances of an image are its object, see `ObjectRules` in common/classes/object-rule.ts. */
const ObjectRules = z.strictObject({
  rule: z.union([
    z.strictObject({ kind: z.literal('matching') }),
    z.strictObject({ kind: z.literal('any-category'), category: z.string().nullable() }),
  ]),
  objectMap: z.record(z.string(), z.string()),
  choice: ObjectChoice,
  /** ids; null: nobody chose by hand */
  leftOut: z.array(rowId).nullable(),
})

export const ReviewedImage = z.strictObject({
  id: rowId,
  file: z.string(),
  folder: z.string(),
  width: rowId,
  height: rowId,
  label: z.string().nullable(),
  /** ms UTC */
  importedAt: count,
  photo: z.enum(['present', 'missing', 'changed']),
  /** when the file of a changed photo was written, ms UTC; null for another one */
  photoChangedAt: count.nullable(),
  instances: z.array(ReviewedInstance),
  object: ObjectRules,
  maps: z.array(StoredMap),
  predictions: z.array(
    z.strictObject({
      modelId: rowId,
      model: z.string(),
      classIndex: count,
      label: z.string(),
      /** null: not known */
      probability: z.number().nullable(),
      isCorrect: z.boolean().nullable(),
    }),
  ),
  /** the newest */
  review: Review.nullable(),
})
export type ReviewedImage = z.output<typeof ReviewedImage>

/** A picture for the page: its bytes and their media type. */
const Picture = z.strictObject({ bytes, type: z.enum(['image/webp', 'image/svg+xml']) })
const side = z.number().int().min(16).max(1024)

export const reviewingProcedures = {
  /** Images in the project's order, page by page, with what lists show of them. */
  'images.list': call(
    z.strictObject({
      project: ProjectHandle,
      after: count.nullable().default(null),
      limit: z.number().int().min(1).max(2000).default(500),
    }),
    z.strictObject({ images: z.array(ImageRow), total: count, next: count.nullable() }),
  ),
  /** Everything that reviewing an image needs but its pixels. */
  'image.read': call(
    z.strictObject({
      ...imageOfProject,
      /** whose maps: of the class that each model predicts, or of every class that was explained */
      classes: z.enum(['predicted', 'all']).default('predicted'),
    }),
    ReviewedImage,
  ),
  /** Small picture of a photo, upright, `side` pixels at its longest. */
  'image.thumbnail': call(z.strictObject({ ...imageOfProject, side }), Picture),
  /** The outline of an image's masks as they are saved, as large as its thumbnail and to be laid over that. */
  'image.outline': call(z.strictObject({ ...imageOfProject, side }), Picture),
  /**
   * A square of the photo: 512 pixels at level 0, and at level n the same from the photo at 1/2ⁿ of its size, where each
   * pixel covers exactly 2ⁿ × 2ⁿ of the photo's (so that sides are rounded up); at the right and bottom edge what is left.
   */
  'image.tile': call(
    z.strictObject({
      ...imageOfProject,
      level: z.number().int().min(0).max(16),
      column: count,
      row: count,
    }),
    Picture,
  ),

  /**
   * Appends a stroke to the journal of an instance. It is on the disk when this is answered.
   * @throws AppError 'mask.stale' where the journal stands elsewhere than the base says, 'mask.tiles' for tiles that do not
   *   fit the photo or change nothing, 'project.read-only', 'file.unwritable'
   */
  'mask.paint': call(
    z.strictObject({
      ...imageOfProject,
      instance: rowId,
      base: JournalBase,
      auditor: Auditor,
      tool: z.string().min(1).max(32),
      tiles: bytes,
    }),
    z.strictObject({ step: rowId }),
  ),
  /**
   * Goes a step back or forth in the journal of an instance.
   * @throws AppError 'mask.stale' as `mask.paint`, 'mask.no-step' where there is none
   */
  'mask.step': call(
    z.strictObject({
      ...imageOfProject,
      instance: rowId,
      base: JournalBase,
      auditor: Auditor,
      direction: z.enum(['undo', 'redo']),
    }),
    z.strictObject({ step: rowId }),
  ),

  /** Puts a flag on an image, or takes it away. @throws AppError 'record.missing', 'project.read-only', 'file.unwritable' */
  'image.flag': call(
    z.strictObject({ ...imageOfProject, isFlagged: z.boolean(), auditor: Auditor }),
    z.strictObject({}),
  ),

  /**
   * Chooses by hand which instances are the object of an image, above all rules, and brings its scores after it.
   * @throws AppError 'record.missing' for an instance that the image has not, 'mask.size', 'project.read-only',
   *   'file.unwritable'
   */
  'image.object': call(
    z.strictObject({
      ...imageOfProject,
      /** ids of the instances that are not part of it; null: the image goes by the rule again */
      leftOut: z.array(rowId).max(100_000).nullable(),
      auditor: Auditor,
    }),
    z.strictObject({}),
  ),

  /**
   * Saves a review in one transaction: verdict and reasons, a mask revision for each instance whose journal changed it,
   * and the scores of the stored maps with the new object mask.
   */
  'review.save': call(
    z.strictObject({
      ...imageOfProject,
      verdict: Verdict,
      reasons: z.array(ReviewReason).max(8).default([]),
      comment: z.string().max(10_000).default(''),
      auditor: Auditor,
    }),
    z.strictObject({
      review: rowId,
      revisions: z.array(z.strictObject({ instance: rowId, number: count })),
      scores: z.array(z.strictObject({ map: rowId, maskVariant: Variant, score: ScoreNumbers })),
    }),
  ),
}
