import { z } from 'zod'
import { call } from '../rpc.ts'
import { FilePath } from './common.ts'
import { ProjectHandle } from './projects.ts'

const count = z.number().int().nonnegative()

/** How a model's classes and the dataset's categories are matched to the labels of the images. */
export const ClassMatching = z.strictObject({
  labels: z.array(z.strictObject({ label: z.string().nullable(), nImages: count })),
  models: z.array(
    z.strictObject({
      model: z.string(),
      origin: z.enum(['file', 'guess', 'user']),
      groups: z.array(
        z.strictObject({
          label: z.string(),
          classes: z.array(z.strictObject({ index: count, name: z.string().nullable() })),
          /** why these classes, where it was guessed */
          reason: z.string().nullable(),
        }),
      ),
      nUnmatchedClasses: count,
      unmatchedLabels: z.array(z.string()),
    }),
  ),
  objects: z.strictObject({
    origin: z.enum(['file', 'guess', 'user']),
    /** the rule in force, one sentence */
    rule: z.string(),
    categories: z.array(
      z.strictObject({ category: z.string().nullable(), label: z.string().nullable(), nInstances: count }),
    ),
  }),
})
export type ClassMatching = z.output<typeof ClassMatching>

export const classProcedures = {
  'classes.describe': call(z.strictObject({ project: ProjectHandle }), ClassMatching),
  /** Puts a class map file (`{classifier, objects}`) in force; it is kept in the project. */
  'classes.assign': call(z.strictObject({ project: ProjectHandle, file: FilePath }), ClassMatching),
  'instances.list': call(
    z.strictObject({
      project: ProjectHandle,
      after: count.nullable().default(null),
      limit: z.number().int().min(1).max(10_000).default(1000),
    }),
    z.strictObject({
      instances: z.array(
        z.strictObject({
          id: count,
          image: z.string(),
          label: z.string().nullable(),
          category: z.string().nullable(),
          score: z.number().nullable(),
          area: count,
          bbox: z.tuple([count, count, count, count]),
          revision: count,
          auditor: z.string().nullable(),
          /** whether it is part of its image's object mask */
          isObject: z.boolean(),
        }),
      ),
      /** give it as `after` for the next page; null: this was the last */
      next: count.nullable(),
    }),
  ),
}
