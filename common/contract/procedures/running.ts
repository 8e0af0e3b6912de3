import { z } from 'zod'
import { bytes, float64s } from '../binary.ts'
import { call, stream } from '../rpc.ts'
import { DetectSpec } from './detecting.ts'
import { Failure, FilePath, JobState, MethodOptions, Progress, Variant } from './common.ts'
import { ModelRequest } from './models.ts'
import { ProjectHandle } from './projects.ts'
import { ScoreNumbers } from './scoring.ts'

const count = z.number().int().nonnegative()
const RowId = z.number().int().positive()

/** Everything that the results of a run depend on beside the project's content. */
export const RunSpec = z.strictObject({
  models: z.array(ModelRequest).min(1).max(20),
  methods: z
    .array(z.strictObject({ method: z.string().min(1).max(64), options: MethodOptions.default({}) }))
    .min(1)
    .max(20),
  variant: Variant.default('standard'),
  maskVariant: Variant.default('standard'),
  /** the first images in the project's order */
  limit: z.number().int().min(1).nullable().default(null),
  split: z.string().max(200).nullable().default(null),
  classMap: FilePath.nullable().default(null),
})
export type RunSpec = z.output<typeof RunSpec>

/** One line of the score table. */
export const ScoreAverage = z.strictObject({
  modelId: RowId,
  model: z.string(),
  method: z.string(),
  variant: Variant,
  options: z.record(z.string(), z.unknown()),
  maskVariant: Variant,
  accuracy: z.number().nullable(),
  avgObalex: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  n: count,
  areaShare: z.number().nullable(),
  lift: z.number().nullable(),
  /** means of the cross-checks over the same images */
  pointingGame: z.number().nullable(),
  relevanceRank: z.number().nullable(),
  topK: z.number().nullable(),
  auc: z.number().nullable(),
  excluded: z.strictObject({ misclassified: count, noMask: count, noEvidence: count, unlabelled: count }),
})
export type ScoreAverage = z.output<typeof ScoreAverage>

/**
 * How averages are split: `class` by the images' labels; `revision` into each image's first score and its newest, which
 * differ where masks were corrected. The group's name is in `group`, null where there is none.
 */
export const ScoreGrouping = z.enum(['method', 'model', 'class', 'revision'])
export type ScoreGrouping = z.output<typeof ScoreGrouping>

/** Which line of the score table: one method in one setting. */
const ScoreSetting = z.strictObject({
  project: ProjectHandle,
  /** id of a model of the project */
  model: RowId,
  method: z.string().min(1).max(64),
  variant: Variant.default('standard'),
  options: MethodOptions.default({}),
  maskVariant: Variant.default('standard'),
})

export const runningProcedures = {
  /** What a run would take, by what ran here before and what the project has already; loads the models. */
  'run.estimate': call(
    z.strictObject({ project: ProjectHandle, spec: RunSpec }),
    z.strictObject({
      nImages: count,
      /** maps that are not there yet, of all models and methods */
      nMaps: count,
      /** null: not all of what is to be done ever ran here */
      seconds: z.number().nonnegative().nullable(),
      /** by which the project will grow, roughly */
      bytes: count,
    }),
  ),
  /** Starts (or takes up again) the pipeline over the project's images: classify, explain, score. */
  'run.start': call(z.strictObject({ project: ProjectHandle, spec: RunSpec }), z.strictObject({ job: RowId })),
  /** Follows a job to its end. Cancelling this call stops the watching, not the job. */
  'job.watch': stream(
    z.strictObject({ project: ProjectHandle, job: RowId }),
    Progress,
    z.strictObject({
      state: JobState,
      results: z.array(ScoreAverage),
      failures: z.array(Failure),
      notes: z.array(z.string()),
    }),
  ),
  /** The jobs of a project that this engine is at; starting the same again gives the same job, to be followed. */
  'jobs.running': call(
    z.strictObject({ project: ProjectHandle }),
    z.strictObject({
      jobs: z.array(
        z.discriminatedUnion('kind', [
          z.strictObject({ id: RowId, kind: z.literal('run'), spec: RunSpec }),
          z.strictObject({ id: RowId, kind: z.literal('detect'), spec: DetectSpec }),
        ]),
      ),
    }),
  ),
  /** Stops a job after the batch under way; what is done stays. */
  'job.cancel': call(z.strictObject({ project: ProjectHandle, job: RowId }), z.strictObject({})),

  'scores.average': call(
    z.strictObject({ project: ProjectHandle, by: ScoreGrouping.default('method') }),
    z.strictObject({ rows: z.array(ScoreAverage.extend({ group: z.string().nullable() })) }),
  ),
  /**
   * The scores in force of one line of the score table, image by image in the project's order (arrays of equal length,
   * NaN where there is no number), and their average.
   */
  'scores.distribution': call(
    ScoreSetting,
    z.strictObject({
      /** ids */
      images: float64s,
      obalex: float64s,
      areaShare: float64s,
      lift: float64s,
      normalized: float64s,
      /** 0: wrong, 1: right, 2: assumed to be right, because nobody said it, 3: the image has no label */
      isCorrect: bytes,
      average: ScoreAverage,
    }),
  ),
  /** Images that are classified as labelled, with a normalised score below a threshold: the lowest first. */
  'scores.doubtful': call(
    ScoreSetting.extend({
      threshold: z.number().min(-1e6).max(1).default(0.2),
      /** where the page before ended */
      after: z.strictObject({ normalized: z.number(), image: RowId }).nullable().default(null),
      limit: z.number().int().min(1).max(1000).default(100),
    }),
    z.strictObject({
      images: z.array(
        z.strictObject({
          image: RowId,
          file: z.string(),
          label: z.string().nullable(),
          obalex: z.number(),
          areaShare: z.number(),
          lift: z.number(),
          normalized: z.number(),
        }),
      ),
      total: count,
      next: z.strictObject({ normalized: z.number(), image: RowId }).nullable(),
    }),
  ),
  'scores.list': call(
    z.strictObject({
      project: ProjectHandle,
      after: count.nullable().default(null),
      limit: z.number().int().min(1).max(10_000).default(1000),
    }),
    z.strictObject({
      scores: z.array(
        ScoreNumbers.extend({
          id: count,
          image: z.string(),
          label: z.string().nullable(),
          model: z.string(),
          predicted: z.string(),
          isCorrect: z.boolean().nullable(),
          /** null: not known */
          probability: z.number().nullable(),
          method: z.string(),
          variant: Variant,
          maskVariant: Variant,
          /** number of times this image's score was computed anew, mask revisions above all */
          revision: count,
        }),
      ),
      next: count.nullable(),
    }),
  ),
}
