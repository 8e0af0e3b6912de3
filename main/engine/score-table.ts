import { applyClassMap, predictionMatches } from '#common/classes/class-map.ts'
import type { ExplanationId, ImageId, ScoreId } from '#common/contract/ids.ts'
import type { ScoreAverage, ScoreGrouping } from '#common/contract/procedures/running.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { averageObalex, type AverageEntry } from '#common/score/average.ts'
import { listModels, type Model } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import {
  listScoresForAverages,
  listScoresInForce,
  type AveragedScore,
  type MaskVariant,
  type ScoreCursor,
} from '#main/project/score-repository.ts'
import { modelMatching, namesOfModel } from './class-matching.ts'
import { runImages, type ParsedRunSpec } from './jobs/run-pipeline.ts'

/** The intervals of a project are the same whenever they are computed. */
const bootstrapSeed = 20_210_328
const pageSize = 5000

/** One line of the table of a project that is split by `group`. */
export type GroupedAverage = ScoreAverage & { readonly group: string | null }

/** Whether a prediction of a model is right, by the matching in force; null without a label. */
type Judge = (classIndex: number, label: string | null) => boolean | null

async function judgeOf(project: Project, model: Model): Promise<Judge> {
  const names = namesOfModel(model)
  const { entries } = await modelMatching(project, model, names)
  const mapped = applyClassMap({ classifier: entries }, names)
  return (classIndex, label) => predictionMatches(classIndex, label, mapped)
}

/** The score table of one run: only its images, models, methods and variants. */
export async function averageRun(project: Project, spec: ParsedRunSpec): Promise<ScoreAverage[]> {
  const isWanted = await runFilter(project, spec)
  const paths = new Set(spec.models.map(({ path }) => path))
  const models = (await listModels(project.read)).filter(({ path }) => paths.has(path))
  const groups = new Groups(() => null)
  for (const model of models) {
    await groups.add(project, model, { maskVariant: spec.maskVariant, turn: 'newest', isWanted })
  }
  return groups.rows().map(({ group: _, ...row }) => row)
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
  return groups.rows().sort((a, b) => compareTexts(keys[by](a), keys[by](b)))
}

type Turn = 'first' | 'newest'

/** Scores sorted into the lines of a table. */
class Groups {
  readonly #groupOf: (score: AveragedScore, turn: Turn) => string | null
  readonly #lines = new Map<string, { model: Model; score: AveragedScore; group: string | null; entries: AverageEntry[] }>()

  constructor(groupOf: (score: AveragedScore, turn: Turn) => string | null) {
    this.#groupOf = groupOf
  }

  async add(
    project: Project,
    model: Model,
    choice: { readonly maskVariant: MaskVariant; readonly turn: Turn; readonly isWanted: (score: AveragedScore) => boolean },
  ): Promise<void> {
    const { maskVariant, turn, isWanted } = choice
    const judge = await judgeOf(project, model)
    for await (const score of allScores(project, { modelId: model.id, maskVariant, turn })) {
      if (!isWanted(score)) continue
      const group = this.#groupOf(score, turn)
      const key = JSON.stringify([model.id, score.method, score.variant, score.options, maskVariant, group])
      const line = this.#lines.get(key) ?? { model, score, group, entries: [] }
      this.#lines.set(key, line)
      line.entries.push({
        obalex: score.obalex,
        areaShare: score.areaShare,
        ...(score.reason === null ? {} : { reason: score.reason }),
        correct: judge(score.classIndex, score.label),
      })
    }
  }

  rows(): GroupedAverage[] {
    return [...this.#lines.values()].map(({ model, score, group, entries }) => {
      const { interval, ...average } = averageObalex(entries, { seed: bootstrapSeed })
      return {
        model: model.name,
        method: score.method,
        variant: score.variant as Variant,
        options: JSON.parse(score.options) as Record<string, unknown>,
        maskVariant: score.maskVariant,
        group,
        ...average,
        interval: interval && [interval[0], interval[1]],
      }
    })
  }
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const different = a.findIndex((text, i) => text !== b[i])
  return different < 0 ? 0 : a[different]! < b[different]! ? -1 : 1
}

/** Which scores belong to a run: its first images, its split, its methods. */
async function runFilter(project: Project, spec: ParsedRunSpec): Promise<(score: AveragedScore) => boolean> {
  const images = new Set<ImageId>()
  for await (const { id } of runImages(project, spec)) images.add(id)
  const methods = new Set(spec.methods.map(({ method }) => method))
  return (score) => images.has(score.imageId) && methods.has(score.method) && score.variant === spec.variant
}

async function* allScores(
  project: Project,
  choice: { readonly modelId: Model['id']; readonly maskVariant: MaskVariant; readonly turn: 'first' | 'newest' },
): AsyncGenerator<AveragedScore> {
  let after: ScoreCursor = { imageId: 0 as ImageId, explanationId: 0 as ExplanationId }
  for (;;) {
    const page = await listScoresForAverages(project.read, choice, { after, limit: pageSize })
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
  const rows = await listScoresInForce(project.read, { limit, ...(after === null ? {} : { after }) })
  const scores = rows.map(({ modelId, classIndex, classLabel, file, turn, variant, imageId, ...row }) => ({
    ...row,
    image: file,
    predicted: classLabel,
    isCorrect: judges.get(modelId)!(classIndex, row.label),
    variant: variant as Variant,
    revision: turn,
  }))
  return { scores, next: rows.length < limit ? null : rows.at(-1)!.id }
}
