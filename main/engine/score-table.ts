import { applyClassMap, predictionMatches } from '#common/classes/class-map.ts'
import { canonicalJson, type Json } from '#common/contract/canonical-json.ts'
import type { ExplanationId, ImageId, ModelId, ScoreId } from '#common/contract/ids.ts'
import type { RunSpec, ScoreAverage, ScoreGrouping } from '#common/contract/procedures/running.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { averageObalexInParts, type AverageEntry, type Correctness } from '#common/score/average.ts'
import { listModels, type Model } from '#main/project/model-repository.ts'
import { assumedRight } from '#main/project/prediction-repository.ts'
import type { Project } from '#main/project/project.ts'
import {
  listScoresForAverages,
  listScoresInForce,
  type AveragedScore,
  type MaskVariant,
  type ScoreCursor,
} from '#main/project/score-repository.ts'
import { modelMatching, namesOfModel } from './class-matching.ts'
import { completeOptions } from './complete-options.ts'
import { inTurns } from './in-turns.ts'
import { runImages } from './run-images.ts'

/** The intervals of a project are the same whenever they are computed. */
export const bootstrapSeed = 20_210_328
const pageSize = 5000

/** One line of the table of a project that is split by `group`. */
export type GroupedAverage = ScoreAverage & { readonly group: string | null }

/** A prediction with the label that its image has. */
interface JudgedPrediction {
  readonly classIndex: number
  readonly label: string | null
  readonly predictionRuntime: string
}

/** Whether a prediction of a model is right, by the matching in force. */
export type Judge = (prediction: JudgedPrediction) => Correctness

/** As it is told of one image: what is only assumed is not known. */
export function knownCorrectness(correct: Correctness): boolean | null {
  return correct === 'assumed' ? null : correct
}

export async function judgeOf(project: Project, model: Model): Promise<Judge> {
  const names = namesOfModel(model)
  const { entries } = await modelMatching(project, model, names)
  const mapped = applyClassMap({ classifier: entries }, names)
  return ({ classIndex, label, predictionRuntime }) =>
    predictionRuntime === assumedRight && label !== null ? 'assumed' : predictionMatches(classIndex, label, mapped)
}

/**
 * The score table of one run: only its images, models, methods, options and variants.
 * @param modelIds the models that it worked with; left out, they are looked up by what the run was asked for
 */
export async function averageRun(
  project: Project,
  spec: RunSpec,
  modelIds: readonly ModelId[] | undefined,
): Promise<ScoreAverage[]> {
  const isWanted = await runFilter(project, spec)
  const all = await listModels(project.read)
  const ids = modelIds ?? spec.models.map((request) => all.findLast((model) => isOfRequest(model, request))?.id)
  const groups = new Groups(() => null)
  for (const id of new Set(ids)) {
    const model = all.find((candidate) => candidate.id === id)
    if (!model) continue // not one of the project yet: the run stopped before it was loaded
    await groups.add(project, model, { maskVariant: spec.maskVariant, turn: 'newest', isWanted })
  }
  return (await groups.rows()).map(({ group: _, ...row }) => row)
}

/** Whether a model of the project may be what was asked for: the same file, and nothing that the request says is other. */
export function isOfRequest({ path, card }: Model, request: RunSpec['models'][number]): boolean {
  const said = Object.entries(request.card).filter(([key]) => key in card)
  return (
    path === request.path && said.every(([key, value]) => canonicalJson(value as Json) === canonicalJson(card[key]!))
  )
}

/** The score table of a project, everything that is in force. */
export async function averageProject(project: Project, by: ScoreGrouping): Promise<GroupedAverage[]> {
  const groups = new Groups((score, turn) =>
    by === 'class' ? (score.label ?? '(unlabelled)') : by === 'revision' ? turn : null,
  )
  for (const model of await listModels(project.read)) {
    for (const maskVariant of ['standard', 'paper'] as const) {
      for (const turn of by === 'revision' ? (['first', 'newest'] as const) : (['newest'] as const)) {
        await groups.add(project, model, { maskVariant, turn, isWanted: () => true })
      }
    }
  }
  const keys: Record<ScoreGrouping, (row: GroupedAverage) => string[]> = {
    method: (row) => [row.method, row.model],
    model: (row) => [row.model, row.method],
    class: (row) => [row.group ?? '', row.model, row.method],
    revision: (row) => [row.model, row.method, row.group ?? ''],
  }
  return (await groups.rows()).sort((a, b) => compareTexts(keys[by](a), keys[by](b)))
}

type Turn = 'first' | 'newest'

/** Scores sorted into the lines of a table. */
class Groups {
  readonly #groupOf: (score: AveragedScore, turn: Turn) => string | null
  readonly #lines = new Map<
    string,
    { model: Model; score: AveragedScore; group: string | null; entries: AverageEntry[] }
  >()

  constructor(groupOf: (score: AveragedScore, turn: Turn) => string | null) {
    this.#groupOf = groupOf
  }

  async add(
    project: Project,
    model: Model,
    choice: {
      readonly maskVariant: MaskVariant
      readonly turn: Turn
      readonly isWanted: (score: AveragedScore) => boolean
    },
  ): Promise<void> {
    const { maskVariant, turn, isWanted } = choice
    const judge = await judgeOf(project, model)
    const wanted = { modelId: model.id, maskVariant, turn }
    for await (const score of allScores((page) => listScoresForAverages(project.read, wanted, page))) {
      if (!isWanted(score)) continue
      const group = this.#groupOf(score, turn)
      const key = JSON.stringify([model.id, score.method, score.variant, score.options, maskVariant, group])
      const line = this.#lines.get(key) ?? { model, score, group, entries: [] }
      this.#lines.set(key, line)
      line.entries.push(averageEntry(score, judge(score)))
    }
  }

  async rows(): Promise<GroupedAverage[]> {
    const rows: GroupedAverage[] = []
    for (const { model, score, group, entries } of this.#lines.values()) {
      const { interval, ...average } = await inTurns(averageObalexInParts(entries, { seed: bootstrapSeed }))
      rows.push({
        modelId: model.id,
        model: model.name,
        method: score.method,
        variant: score.variant as Variant,
        options: JSON.parse(score.options) as Record<string, unknown>,
        maskVariant: score.maskVariant,
        group,
        ...average,
        interval: interval && [interval[0], interval[1]],
      })
    }
    return rows
  }
}

/** What an average takes of a stored score. @param correct null: the image has no label */
export function averageEntry(score: AveragedScore, correct: Correctness): AverageEntry {
  const { obalex, areaShare, reason, pointingGame, relevanceRank, topK, auc } = score
  const metrics = { pointingGame, relevanceRank, topK, auc }
  return { obalex, areaShare, ...metrics, ...(reason === null ? {} : { reason }), correct }
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const different = a.findIndex((text, i) => text !== b[i])
  return different < 0 ? 0 : a[different]! < b[different]! ? -1 : 1
}

/** Which scores belong to a run: its first images, its split, its methods with their options. */
async function runFilter(project: Project, spec: RunSpec): Promise<(score: AveragedScore) => boolean> {
  const images = new Set<ImageId>()
  for await (const { id } of runImages(project, spec)) images.add(id)
  const methodKey = (method: string, options: string): string => `${method} ${options}`
  const methods = new Set(
    spec.methods.map(({ method, options }) => methodKey(method, canonicalJson(completeOptions(method, options)))),
  )
  return ({ imageId, method, options, variant }) =>
    images.has(imageId) && methods.has(methodKey(method, options)) && variant === spec.variant
}

/** The scores of a list that is asked for page by page. */
export async function* allScores<Score extends ScoreCursor>(
  list: (page: { readonly after: ScoreCursor; readonly limit: number }) => Promise<readonly Score[]>,
): AsyncGenerator<Score> {
  let after: ScoreCursor = { imageId: 0 as ImageId, explanationId: 0 as ExplanationId }
  for (;;) {
    const page = await list({ after, limit: pageSize })
    yield* page
    const last = page.at(-1)
    if (!last || page.length < pageSize) return
    after = { imageId: last.imageId, explanationId: last.explanationId }
  }
}

/** The scores in force, one a row, with what they are about. */
export async function listScoreRows(
  project: Project,
  { after, limit }: { readonly after: ScoreId | null; readonly limit: number },
) {
  const judges = new Map<number, Judge>()
  for (const model of await listModels(project.read)) judges.set(model.id, await judgeOf(project, model))
  // one more than asked for tells whether there is a next page
  const rows = await listScoresInForce(project.read, { limit: limit + 1, ...(after === null ? {} : { after }) })
  const page = rows.slice(0, limit)
  const scores = page.map(
    ({ modelId, classIndex, classLabel, predictionRuntime, file, turn, variant, imageId: _, ...row }) => ({
      ...row,
      image: file,
      predicted: classLabel,
      isCorrect: knownCorrectness(judges.get(modelId)!({ classIndex, label: row.label, predictionRuntime })),
      variant: variant as Variant,
      revision: turn,
    }),
  )
  return { scores, next: rows.length > limit ? page.at(-1)!.id : null }
}
