import { z } from 'zod'
import { guessReasons } from '../../classes/name-match.ts'
import { objectPicks, objectStandings } from '../../classes/object-rule.ts'
import { call, stream } from '../rpc.ts'
import { FilePath, Progress } from './common.ts'
import { ProjectHandle } from './projects.ts'

const count = z.number().int().nonnegative()

/** Who said what means what. */
const MapOrigin = z.enum(['file', 'guess', 'user'])

/** What is chosen for the whole project beside the categories, see common/classes/object-rule.ts. */
export const ObjectChoice = z.strictObject({ minConfidence: z.number().min(0).max(1), pick: z.enum(objectPicks) })

/** How a model's classes and the dataset's categories are matched to the labels of the images. */
export const ClassMatching = z.strictObject({
  labels: z.array(z.strictObject({ label: z.string().nullable(), nImages: count })),
  models: z.array(
    z.strictObject({
      model: z.string(),
      origin: MapOrigin,
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
    origin: MapOrigin,
    /** the rule in force, one sentence */
    rule: z.string(),
    choice: ObjectChoice,
    /** images whose object was chosen by hand */
    nByHand: count,
    categories: z.array(
      z.strictObject({ category: z.string().nullable(), label: z.string().nullable(), nInstances: count }),
    ),
  }),
})
export type ClassMatching = z.output<typeof ClassMatching>

/** One class of a model, as a person groups them. */
const GroupedClass = z.strictObject({
  /** null: the class has a number only */
  name: z.string().nullable(),
  /** in force; null: it is in no group */
  label: z.string().nullable(),
  /** what its name would be taken for; null: for nothing */
  guess: z.strictObject({ label: z.string(), reason: z.enum(guessReasons) }).nullable(),
})

/** All classes of the models, and what the objects are called, each with the label that it means. */
export const ClassGroups = z.strictObject({
  labels: z.array(z.string()),
  models: z.array(
    z.strictObject({
      id: count,
      name: z.string(),
      origin: MapOrigin,
      /** by class index */
      classes: z.array(GroupedClass),
    }),
  ),
  objects: z.strictObject({
    origin: MapOrigin,
    /** true: the only category there is counts for every label */
    isAnyCategory: z.boolean(),
    choice: ObjectChoice,
    /** images whose object was chosen by hand */
    nByHand: count,
    categories: z.array(z.strictObject({ category: z.string(), label: z.string().nullable(), nInstances: count })),
  }),
})
export type ClassGroups = z.output<typeof ClassGroups>

const Label = z.string().trim().min(1).max(200)

/** What a person grouped; what is left out stays as it is. */
export const ClassGrouping = z.strictObject({
  models: z
    .array(
      z.strictObject({
        /** its id in the project */
        model: count,
        /** label by class index; a class that is left out is in no group */
        entries: z.record(z.string().regex(/^\d{1,6}$/), Label),
      }),
    )
    .max(1000)
    .default([]),
  /** label by category, '' for one that is no image's object; null: as it is */
  objects: z
    .record(z.string().max(500), Label.or(z.literal('')))
    .nullable()
    .default(null),
})
export type ClassGrouping = z.output<typeof ClassGrouping>

export const classProcedures = {
  'classes.describe': call(z.strictObject({ project: ProjectHandle }), ClassMatching),
  'classes.groups': call(z.strictObject({ project: ProjectHandle }), ClassGroups),
  /**
   * Puts a class map in force, from a file (`{classifier, objects}`), or as a person grouped the classes; it is kept in
   * the project. @throws AppError 'class-map.format', 'record.missing'
   */
  'classes.assign': call(
    z.union([
      z.strictObject({ project: ProjectHandle, file: FilePath }),
      z.strictObject({ project: ProjectHandle, map: ClassGrouping }),
    ]),
    ClassMatching,
  ),
  /**
   * Chooses, for the whole project, which instances of the right category make up the object, and brings the scores of
   * all images after it; all of it or nothing. What is left out stays as it is.
   * @throws AppError 'mask.size', 'project.read-only', 'file.unwritable'
   */
  'objects.choose': stream(
    z.strictObject({ project: ProjectHandle, choice: ObjectChoice.partial() }),
    Progress,
    z.strictObject({
      matching: ClassMatching,
      /** images that have other scores now */
      nRescored: count,
    }),
  ),
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
          /** what makes it part of that, or keeps it out */
          standing: z.enum(objectStandings),
        }),
      ),
      /** give it as `after` for the next page; null: this was the last */
      next: count.nullable(),
    }),
  ),
}
