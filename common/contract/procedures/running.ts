import { z } from 'zod'
import { call, stream } from '../rpc.ts'
import { Failure, FilePath, MethodOptions, Progress, Variant } from './common.ts'
import { ModelRequest } from './models.ts'
import { ProjectHandle } from './projects.ts'
import { ScoreNumbers } from './scoring.ts'

const count = z.number().int().nonnegative()
const JobNumber = z.number().int().positive()

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

const RunState = z.enum(['running', 'done', 'failed', 'cancelled', 'interrupted'])

/** One line of the score table. */
export const ScoreAverage = z.strictObject({
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
  excluded: z.strictObject({ misclassified: count, noMask: count, noEvidence: count, unlabelled: count }),
})
export type ScoreAverage = z.output<typeof ScoreAverage>

/**
 * How averages are split: `class` by the images' labels; `revision` into each image's first score and its newest, which
 * differ where masks were corrected. The group's name is in `group`, null where there is none.
 */
export const ScoreGrouping = z.enum(['method', 'model', 'class', 'revision'])
export type ScoreGrouping = z.output<typeof ScoreGrouping>

export const runningProcedures = {
  /** Starts (or takes up again) the pipeline over the project's images: classify, explain, score. */
  'run.start': call(z.strictObject({ project: ProjectHandle, spec: RunSpec }), z.strictObject({ job: JobNumber })),
  /** Follows a job to its end. Cancelling this call stops the watching, not the job. */
  'job.watch': stream(
    z.strictObject({ project: ProjectHandle, job: JobNumber }),
    Progress,
    z.strictObject({
      state: RunState,
      results: z.array(ScoreAverage),
      failures: z.array(Failure),
      notes: z.array(z.string()),
    }),
  ),
  /** Stops a job after the batch under way; what is done stays. */
  'job.cancel': call(z.strictObject({ project: ProjectHandle, job: JobNumber }), z.strictObject({})),

  'scores.average': call(
    z.strictObject({ project: ProjectHandle, by: ScoreGrouping.default('method') }),
    z.strictObject({ rows: z.array(ScoreAverage.extend({ group: z.string().nullable() })) }),
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
          probability: z.number(),
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
