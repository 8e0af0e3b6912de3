import { hash } from 'node:crypto'
import { type ExpressionBuilder, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { ExplanationId, ImageId, MaskRevisionId, ModelId, ScoreId } from '#common/contract/ids.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import type { Page } from './paging.ts'
import { knownProbability } from './prediction-repository.ts'
import type { Schema } from './schema.ts'

export type MaskVariant = 'standard' | 'paper'

/** What makes a score the same one. */
export interface ScoreKey {
  readonly explanationId: ExplanationId
  readonly maskVariant: MaskVariant
  /** From `hashMaskChoice`. */
  readonly maskKey: string
}

export interface NewScore extends ScoreKey {
  /** null where it is undefined; the reason says why. The paper's variant gives 0 for an empty map, with the reason too. */
  readonly obalex: number | null
  readonly reason: 'no-mask' | 'no-evidence' | null
  readonly areaShare: number | null
  readonly lift: number | null
  readonly normalized: number | null
  readonly pointingGame: number | null
  readonly relevanceRank: number | null
  readonly topK: number | null
  readonly auc: number | null
}

export interface Score extends NewScore {
  readonly id: ScoreId
  readonly createdAt: number
}

/** What a score says, without whose it is. */
export function scoreNumbers({ obalex, areaShare, lift, normalized, reason, ...rest }: NewScore): ScoreNumbers {
  const { pointingGame, relevanceRank, topK, auc } = rest
  return { obalex, areaShare, lift, normalized, reason, pointingGame, relevanceRank, topK, auc }
}

/** A score with all that decides whether, and where, it counts in an average. */
export interface AveragedScore extends Omit<NewScore, 'maskKey'> {
  readonly id: ScoreId
  readonly imageId: ImageId
  readonly label: string | null
  readonly split: string | null
  readonly modelId: ModelId
  readonly classIndex: number
  readonly classLabel: string
  /** what computed the prediction, see `NewPrediction` */
  readonly predictionRuntime: string
  readonly method: string
  readonly variant: string
  /** Canonical JSON: equal options have equal text. */
  readonly options: string
}

/** Whose scores: the one in force of each explanation, or the first that it had (before any mask was corrected). */
export interface ScoreChoice {
  readonly modelId: ModelId
  readonly maskVariant: MaskVariant
  readonly turn?: 'first' | 'newest'
  /** only of this method in this setting; `options` as canonical JSON */
  readonly setting?: Pick<AveragedScore, 'method' | 'variant' | 'options'>
}

/** Where a page of `listScoresForAverages` ended. */
export type ScoreCursor = Pick<AveragedScore, 'imageId' | 'explanationId'>

/**
 * Names the object mask that a score was computed with: which revisions were united, whatever their order, and by which
 * rule they were chosen.
 * @returns SHA-256 in hex
 */
export function hashMaskChoice(revisionIds: readonly MaskRevisionId[], rule: string): string {
  return hash('sha256', canonicalJson({ revisions: [...revisionIds].sort((a, b) => a - b), rule }))
}

/**
 * Keeps a score and puts it in force for its explanation and mask variant. One that is there under the same key keeps
 * its values, and comes into force again.
 * @returns the id of the one that is kept
 */
export async function saveScore(trx: Transaction<Schema>, score: NewScore, now: number): Promise<ScoreId> {
  const { explanationId, maskVariant } = score
  const turn = sql<number>`(SELECT coalesce(max(turn), 0) + 1 FROM score WHERE explanation_id = ${explanationId} AND mask_variant = ${maskVariant})`
  const { id } = await trx
    .insertInto('score')
    .values({
      explanation_id: explanationId,
      mask_variant: maskVariant,
      mask_key: score.maskKey,
      obalex: score.obalex,
      reason: score.reason,
      area_share: score.areaShare,
      lift: score.lift,
      normalized: score.normalized,
      pointing_game: score.pointingGame,
      relevance_rank: score.relevanceRank,
      top_k: score.topK,
      auc: score.auc,
      created_at: now,
      turn,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['explanation_id', 'mask_variant', 'mask_key'])
        .doUpdateSet((expression) => ({ turn: expression.ref('excluded.turn') })),
    )
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function findScore(db: Kysely<Schema>, key: ScoreKey): Promise<Score | null> {
  const row = await db
    .selectFrom('score')
    .where('explanation_id', '=', key.explanationId)
    .where('mask_variant', '=', key.maskVariant)
    .where('mask_key', '=', key.maskKey)
    .selectAll()
    .executeTakeFirst()
  return row ? fromRow(row) : null
}

/** All scores that an explanation has had, the one in force of each mask variant last. */
export async function listScores(db: Kysely<Schema>, explanationId: ExplanationId): Promise<Score[]> {
  const query = db
    .selectFrom('score')
    .where('explanation_id', '=', explanationId)
    .orderBy('mask_variant')
    .orderBy('turn')
    .selectAll()
  return (await query.execute()).map(fromRow)
}

/** How many scores are in force, those of images that were replaced since included. */
export async function countScoresInForce(db: Kysely<Schema>): Promise<number> {
  const { n } = await db
    .selectFrom((from) => from.selectFrom('score').select(['explanation_id', 'mask_variant']).distinct().as('scored'))
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

/**
 * The scores in force of a model, by image and explanation: only of the class that was predicted, and only for the image
 * as it is now. Which of them count (right answer, label known, score defined) is for the average to say.
 */
export async function listScoresForAverages(
  db: Kysely<Schema>,
  choice: ScoreChoice,
  page: Page<ScoreCursor>,
): Promise<AveragedScore[]> {
  return selectForAverages(db, choice, page).select(averagedColumns).execute()
}

/** A score with all that is told of it where single images are shown. */
export interface ReportedScore extends AveragedScore, NewScore {
  readonly file: string
  readonly probability: number | null
  readonly explanationRuntime: string
}

/** The same scores as `listScoresForAverages` gives, with more of each. */
export async function listScoresForReport(
  db: Kysely<Schema>,
  choice: ScoreChoice,
  page: Page<ScoreCursor>,
): Promise<ReportedScore[]> {
  return selectForAverages(db, choice, page)
    .select([...averagedColumns, ...reportedColumns, knownProbability.as('probability')])
    .execute()
}

function selectForAverages(
  db: Kysely<Schema>,
  { modelId, maskVariant, turn = 'newest', setting }: ScoreChoice,
  { after = { imageId: 0 as ImageId, explanationId: 0 as ExplanationId }, limit }: Page<ScoreCursor>,
) {
  return db
    .selectFrom('prediction')
    .innerJoin('image', 'image.id', 'prediction.image_id')
    .innerJoin('explanation', 'explanation.prediction_id', 'prediction.id')
    .innerJoin('score', 'score.explanation_id', 'explanation.id')
    .where('prediction.model_id', '=', modelId)
    .where('prediction.image_id', '>=', after.imageId)
    .where((expression) =>
      expression.or([
        expression('prediction.image_id', '>', after.imageId),
        expression('explanation.id', '>', after.explanationId),
      ]),
    )
    .whereRef('prediction.image_sha256', '=', 'image.sha256')
    .whereRef('explanation.class_index', '=', 'prediction.class_index')
    .where('score.mask_variant', '=', maskVariant)
    .where((expression) => {
      const of = expression
        .selectFrom('score as other')
        .whereRef('other.explanation_id', '=', 'explanation.id')
        .where('other.mask_variant', '=', maskVariant)
      // the turn of the first moves when it comes into force again, its id does not
      return turn === 'first'
        ? expression(
            'score.id',
            '=',
            of.select(({ fn }) => fn.min<ScoreId>('other.id').as('id')),
          )
        : expression(
            'score.turn',
            '=',
            of.select(({ fn }) => fn.max<number>('other.turn').as('turn')),
          )
    })
    .$if(setting !== undefined, (query) =>
      query
        .where('explanation.method', '=', setting!.method)
        .where('explanation.variant', '=', setting!.variant)
        .where('explanation.options', '=', setting!.options),
    )
    .orderBy('prediction.image_id')
    .orderBy('explanation.id')
    .limit(limit)
}

/** A score in force with what it is about; `turn` counts, from 1, the savings of its explanation and mask variant. */
export interface ListedScore extends Omit<NewScore, 'explanationId' | 'maskKey'> {
  readonly id: ScoreId
  readonly turn: number
  readonly imageId: ImageId
  readonly file: string
  readonly label: string | null
  readonly modelId: ModelId
  readonly model: string
  readonly classIndex: number
  readonly classLabel: string
  readonly probability: number | null
  readonly predictionRuntime: string
  readonly method: string
  readonly variant: string
}

/** The scores in force of all models, by id, for images as they are now and the class that was predicted. */
export async function listScoresInForce(
  db: Kysely<Schema>,
  { after = 0 as ScoreId, limit }: Page<ScoreId>,
): Promise<ListedScore[]> {
  return db
    .selectFrom('score')
    .innerJoin('explanation', 'explanation.id', 'score.explanation_id')
    .innerJoin('prediction', 'prediction.id', 'explanation.prediction_id')
    .innerJoin('image', 'image.id', 'prediction.image_id')
    .innerJoin('model', 'model.id', 'prediction.model_id')
    .where('score.id', '>', after)
    .whereRef('prediction.image_sha256', '=', 'image.sha256')
    .whereRef('explanation.class_index', '=', 'prediction.class_index')
    .where('score.turn', '=', turnInForce)
    .orderBy('score.id')
    .limit(limit)
    .select([...listedColumns, knownProbability.as('probability')])
    .execute()
}

/** The turn of the score that is in force of the explanation and mask variant of a row of `score`: the newest. */
export function turnInForce(expression: ExpressionBuilder<Schema, 'score'>) {
  return expression
    .selectFrom('score as newer')
    .whereRef('newer.explanation_id', '=', 'score.explanation_id')
    .whereRef('newer.mask_variant', '=', 'score.mask_variant')
    .select(({ fn }) => fn.max<number>('newer.turn').as('turn'))
}

const listedColumns = [
  'score.id',
  'score.obalex',
  'score.area_share as areaShare',
  'score.lift',
  'score.normalized',
  'score.reason',
  'score.pointing_game as pointingGame',
  'score.relevance_rank as relevanceRank',
  'score.top_k as topK',
  'score.auc',
  'score.mask_variant as maskVariant',
  'score.turn',
  'image.id as imageId',
  'image.file',
  'image.label',
  'model.id as modelId',
  'model.name as model',
  'prediction.class_index as classIndex',
  'prediction.class_label as classLabel',
  'prediction.runtime as predictionRuntime',
  'explanation.method',
  'explanation.variant',
] as const

const averagedColumns = [
  'score.id',
  'score.explanation_id as explanationId',
  'score.mask_variant as maskVariant',
  'score.obalex',
  'score.reason',
  'score.area_share as areaShare',
  'score.lift',
  'score.normalized',
  'score.pointing_game as pointingGame',
  'score.relevance_rank as relevanceRank',
  'score.top_k as topK',
  'score.auc',
  'image.id as imageId',
  'image.label',
  'image.split',
  'prediction.model_id as modelId',
  'prediction.class_index as classIndex',
  'prediction.class_label as classLabel',
  'prediction.runtime as predictionRuntime',
  'explanation.method',
  'explanation.variant',
  'explanation.options',
] as const

const reportedColumns = [
  'score.mask_key as maskKey',
  'image.file',
  'explanation.runtime as explanationRuntime',
] as const

function fromRow(row: Selectable<Schema['score']>): Score {
  const { id, obalex, reason, lift, normalized, auc } = row
  return {
    id,
    explanationId: row.explanation_id,
    maskVariant: row.mask_variant,
    maskKey: row.mask_key,
    obalex,
    reason,
    areaShare: row.area_share,
    lift,
    normalized,
    pointingGame: row.pointing_game,
    relevanceRank: row.relevance_rank,
    topK: row.top_k,
    auc,
    createdAt: row.created_at,
  }
}
