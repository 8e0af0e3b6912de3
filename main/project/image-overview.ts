import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { ImageId, ModelId, PredictionId } from '#common/contract/ids.ts'
import { ReviewReason, type Verdict } from '#common/contract/procedures/reviewing.ts'
import { flaggedImages } from './flag-repository.ts'
import { readJson } from './json-column.ts'
import type { Page } from './paging.ts'
import { knownProbability } from './prediction-repository.ts'
import type { Schema } from './schema.ts'
import { turnInForce, type NewScore } from './score-repository.ts'

/** What lists show of a score. */
interface OverviewScore extends Pick<NewScore, 'obalex' | 'areaShare' | 'reason' | 'maskVariant'> {
  readonly method: string
  readonly variant: string
}

/** A prediction of an image as it is now, with the scores in force of the maps of that class. */
interface OverviewPrediction {
  readonly modelId: ModelId
  readonly classIndex: number
  readonly classLabel: string
  readonly probability: number | null
  /** what computed it, see `NewPrediction` */
  readonly runtime: string
  readonly scores: readonly OverviewScore[]
}

/** What lists show of an image. */
export interface ImageOverview {
  readonly id: ImageId
  readonly file: string
  readonly width: number
  readonly height: number
  readonly label: string | null
  readonly split: string | null
  readonly nInstances: number
  /** Of the newest review. */
  readonly verdict: Verdict | null
  readonly reasons: readonly ReviewReason[]
  readonly auditor: string | null
  readonly isFlagged: boolean
  /** Whether a person drew, or corrected, one of its masks. */
  readonly isCorrected: boolean
  readonly predictions: readonly OverviewPrediction[]
}

/**
 * A page of images, in the order in which they were taken in, with what lists show of them: five queries over the
 * page's range of ids, however many images it has.
 */
export async function listImageOverviews(
  db: Kysely<Schema>,
  { after = 0 as ImageId, limit }: Page<ImageId>,
): Promise<ImageOverview[]> {
  const images = await db
    .selectFrom('image')
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .select(['id', 'file', 'width', 'height', 'label', 'split'])
    .execute()
  const [first, last] = [images[0], images.at(-1)]
  if (!first || !last) return []
  const range = { from: first.id, to: last.id }
  const masks = await countMasks(db, range)
  const reviews = await newestReviews(db, range)
  const flagged = await flaggedImages(db, range)
  const predictions = await predictionsWithScores(db, range)
  return images.map((image) => ({
    ...image,
    nInstances: masks.get(image.id)?.count ?? 0,
    isCorrected: masks.get(image.id)?.isCorrected === 1,
    ...(reviews.get(image.id) ?? notReviewed),
    isFlagged: flagged.has(image.id),
    predictions: predictions.get(image.id) ?? [],
  }))
}

/** Both included. */
interface IdRange {
  readonly from: ImageId
  readonly to: ImageId
}

async function countMasks(
  db: Kysely<Schema>,
  { from, to }: IdRange,
): Promise<Map<ImageId, { readonly count: number; readonly isCorrected: 0 | 1 }>> {
  const rows = await db
    .selectFrom('instance_mask')
    .where('image_id', '>=', from)
    .where('image_id', '<=', to)
    .groupBy('image_id')
    .select(['image_id', ({ fn }) => fn.countAll<number>().as('count')])
    .select(
      sql<0 | 1>`max(EXISTS (SELECT 1 FROM mask_revision WHERE instance_mask_id = instance_mask.id AND number > 0))`.as(
        'isCorrected',
      ),
    )
    .execute()
  return new Map(rows.map(({ image_id, ...masks }) => [image_id, masks]))
}

type OverviewReview = Pick<ImageOverview, 'verdict' | 'reasons' | 'auditor'>
const notReviewed: OverviewReview = { verdict: null, reasons: [], auditor: null }
const reasonsShape = z.array(ReviewReason)

async function newestReviews(db: Kysely<Schema>, { from, to }: IdRange): Promise<Map<ImageId, OverviewReview>> {
  // of rows with equal keys the last one, which is the newest, stays in the map
  const rows = await db
    .selectFrom('review')
    .where('image_id', '>=', from)
    .where('image_id', '<=', to)
    .orderBy('image_id')
    .orderBy('id')
    .select(['id', 'image_id', 'verdict', 'reasons', 'auditor'])
    .execute()
  const newest = new Map(rows.map((row) => [row.image_id, row]))
  return new Map(
    [...newest].map(([imageId, { id, verdict, reasons, auditor }]) => [
      imageId,
      { verdict, reasons: readJson(reasonsShape, reasons, `review ${id} reasons`), auditor },
    ]),
  )
}

async function predictionsWithScores(db: Kysely<Schema>, range: IdRange): Promise<Map<ImageId, OverviewPrediction[]>> {
  const scores = await scoresInForce(db, range)
  const rows = await db
    .selectFrom('prediction')
    .innerJoin('image', 'image.id', 'prediction.image_id')
    .where('prediction.image_id', '>=', range.from)
    .where('prediction.image_id', '<=', range.to)
    .whereRef('prediction.image_sha256', '=', 'image.sha256')
    .orderBy('prediction.image_id')
    .orderBy('prediction.model_id')
    .select(['prediction.id', 'prediction.image_id as imageId', 'prediction.model_id as modelId'])
    .select(['prediction.class_index as classIndex', 'prediction.class_label as classLabel', 'prediction.runtime'])
    .select(knownProbability.as('probability'))
    .execute()
  const found = new Map<ImageId, OverviewPrediction[]>()
  for (const { id, imageId, ...prediction } of rows) {
    const complete = { ...prediction, scores: scores.get(id) ?? [] }
    const others = found.get(imageId)
    if (others) others.push(complete)
    else found.set(imageId, [complete])
  }
  return found
}

async function scoresInForce(db: Kysely<Schema>, { from, to }: IdRange): Promise<Map<PredictionId, OverviewScore[]>> {
  const rows = await db
    .selectFrom('prediction')
    .innerJoin('explanation', 'explanation.prediction_id', 'prediction.id')
    .innerJoin('score', 'score.explanation_id', 'explanation.id')
    .where('prediction.image_id', '>=', from)
    .where('prediction.image_id', '<=', to)
    .whereRef('explanation.class_index', '=', 'prediction.class_index')
    .where('score.turn', '=', turnInForce)
    .orderBy('explanation.id')
    .orderBy('score.mask_variant')
    .select(['prediction.id as predictionId', 'explanation.method', 'explanation.variant'])
    .select(['score.mask_variant as maskVariant', 'score.obalex', 'score.area_share as areaShare', 'score.reason'])
    .execute()
  const found = new Map<PredictionId, OverviewScore[]>()
  for (const { predictionId, ...score } of rows) {
    const others = found.get(predictionId)
    if (others) others.push(score)
    else found.set(predictionId, [score])
  }
  return found
}
