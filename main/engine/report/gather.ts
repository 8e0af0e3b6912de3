import { basename, extname } from 'node:path'
import { setImmediate as others } from 'node:timers/promises'
import type { ImageId } from '#common/contract/ids.ts'
import type { ClassMatching } from '#common/contract/procedures/classes.ts'
import { bootstrapDefaults } from '#common/statistics/bootstrap.ts'
import { explainers } from '#main/explainers/registry.ts'
import { readAuditHead } from '#main/project/audit-log.ts'
import { listModels, type Model } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { listScoresForReport, type ReportedScore } from '#main/project/score-repository.ts'
import { compareResults } from '#main/report/compare.ts'
import {
  reportSchemaVersion,
  type Report,
  type ReportClassifier,
  type ReportDocument,
  type ReportMethod,
  type ReportProject,
  type ReportResult,
  type ReportScore,
  type WritingContext,
} from '#main/report/document.ts'
import { summarise } from '#main/report/summary.ts'
import { describeMatching } from '../classes.ts'
import { allScores, bootstrapSeed, judgeOf, knownCorrectness, type Judge } from '../score-table.ts'
import { cardOf } from '../stored-card.ts'
import { ClassifierBuilder, resultKey } from './classifier-builder.ts'
import { reportData } from './data.ts'
import { exampleMaker } from './examples.ts'

/** Scores after which others get their turn. */
const batchSize = 2000

interface Gathering extends WritingContext {
  /** ms UTC */
  readonly now: number
  readonly version: string
}

/** A model of the project, and what was collected of it. */
interface Gathered {
  readonly model: Model
  readonly judge: Judge
  /** in the document's results, by `resultKey` */
  readonly positions: ReadonlyMap<string, number>
}

/**
 * Gathers what a report says from a project that does not change meanwhile. Of the scores only sums, bins and the few
 * that are shown are kept; `scores` reads them once more.
 */
export async function gatherReport(project: Project, gathering: Gathering): Promise<Report> {
  const { now, version } = gathering
  const matching = await describeMatching(project)
  const head = {
    schemaVersion: reportSchemaVersion,
    createdAt: new Date(now).toISOString(),
    createdBy: `ObAlEx Workstation ${version}`,
  } as const
  const { gathered, classifiers, results, images } = await gatherResults(project, matching, gathering)
  const facts: Omit<ReportDocument, keyof typeof head | 'summary'> = {
    project: await describeProject(project),
    data: await reportData(project, matching),
    statistics: {
      level: bootstrapDefaults.level,
      averages: { method: 'percentile bootstrap', resamples: bootstrapDefaults.resamples, seed: bootstrapSeed },
      accuracy: { method: 'Wilson' },
    },
    classifiers,
    methods: describeMethods(results),
    results,
    comparisons: compareResults(results, images),
  }
  return {
    document: { ...head, summary: summarise(facts), ...facts },
    scores: () => listReportScores(project, gathered, gathering),
  }
}

async function describeProject(project: Project): Promise<ReportProject> {
  const { id, createdAt, createdBy } = project.info
  const { seq, hash } = await readAuditHead(project.read)
  const name = basename(project.path, extname(project.path))
  return {
    name,
    id,
    createdAt: new Date(createdAt).toISOString(),
    createdBy,
    auditLog: { entries: seq, headHash: hash },
  }
}

async function gatherResults(
  project: Project,
  matching: ClassMatching,
  gathering: Gathering,
): Promise<{
  gathered: Gathered[]
  classifiers: ReportClassifier[]
  results: ReportResult[]
  /** of each result */
  images: (readonly ImageId[])[]
}> {
  const makeExample = await exampleMaker(project)
  const models = await listModels(project.read)
  const gathered: Gathered[] = []
  const classifiers: ReportClassifier[] = []
  const results: ReportResult[] = []
  const images: (readonly ImageId[])[] = []
  for (const [position, model] of models.entries()) {
    const judge = await judgeOf(project, model)
    const builder = new ClassifierBuilder(judge)
    for await (const score of modelScores(project, model, gathering)) builder.add(score)
    const positions = new Map([...builder.positions].map(([key, at]) => [key, results.length + at]))
    gathered.push({ model, judge, positions })
    const card = cardOf(model)
    const exampleOf = (score: ReportedScore) => makeExample(score, card)
    const finishing = { exampleOf, pause: () => pause(gathering) }
    const facts = { name: nameOf(model, models), matching: matching.models[position]! }
    classifiers.push(await builder.describe(model, facts, finishing))
    results.push(...(await builder.results(position, finishing)))
    images.push(...builder.images)
  }
  return { gathered, classifiers, results, images }
}

/** Names need not be unique; here they have to tell the classifiers apart. */
function nameOf({ id, name }: Model, models: readonly Model[]): string {
  return models.filter((other) => other.name === name).length > 1 ? `${name} (model ${id})` : name
}

/** The scores in force of a model, those of the standard mask rule first. */
async function* modelScores(project: Project, model: Model, context: WritingContext): AsyncGenerator<ReportedScore> {
  let n = 0
  for (const maskVariant of ['standard', 'paper'] as const) {
    const choice = { modelId: model.id, maskVariant }
    for await (const score of allScores((page) => listScoresForReport(project.read, choice, page))) {
      yield score
      if (++n % batchSize !== 0) continue
      context.onProgress(`reading the scores of ${model.name}`, n, null)
      await pause(context)
    }
  }
}

/** SQLite answers at once: without this nobody could say stop. */
async function pause({ signal }: WritingContext): Promise<void> {
  await others()
  signal.throwIfAborted()
}

function describeMethods(results: readonly ReportResult[]): ReportMethod[] {
  return [...new Set(results.map(({ method }) => method))].map((id) => {
    const explainer = explainers.find((known) => known.id === id)
    if (!explainer) return { id, label: id, description: null, options: [] }
    const { label, description, options } = explainer
    const described = Object.entries(options.shape).map(([name, option]) => ({
      name,
      // written for the command line’s help, where backticks mark words to type
      description: ((option as { readonly description?: string }).description ?? '').replaceAll('`', ''),
    }))
    return { id, label, description, options: described }
  })
}

async function* listReportScores(
  project: Project,
  gathered: readonly Gathered[],
  context: WritingContext,
): AsyncGenerator<ReportScore> {
  for (const { model, judge, positions } of gathered) {
    for await (const score of modelScores(project, model, context)) {
      yield {
        result: positions.get(resultKey(score))!,
        image: score.file,
        label: score.label,
        predicted: score.classLabel,
        probability: score.probability,
        isCorrect: knownCorrectness(judge(score)),
        obalex: score.obalex,
        areaShare: score.areaShare,
        lift: score.lift,
        normalized: score.normalized,
        reason: score.reason,
        pointingGame: score.pointingGame,
        relevanceRank: score.relevanceRank,
        topK: score.topK,
        auc: score.auc,
      }
    }
  }
}
