import { z } from 'zod'
import { call, stream } from '../rpc.ts'
import { FilePath, Progress } from './common.ts'
import { ProjectHandle } from './projects.ts'

const count = z.number().int().nonnegative()

/** What is wrong with the data, what is done about it, how often, and where for example. */
const DefectGroup = z.strictObject({
  kind: z.string(),
  action: z.enum(['repaired', 'refused', 'kept']),
  count,
  /** one sentence for people */
  words: z.string(),
  places: z.array(z.string()),
})

export const ImportReport = z.strictObject({
  isDryRun: z.boolean(),
  format: z.string(),
  images: z.strictObject({ new: count, known: count, refused: count }),
  instances: z.strictObject({ new: count, known: count, corrections: count, refused: count }),
  labels: z.array(z.strictObject({ label: z.string().nullable(), count })),
  categories: z.array(z.strictObject({ category: z.string().nullable(), count })),
  /** where the labels come from */
  labelRule: z.string().nullable(),
  isLabelRuleGuessed: z.boolean(),
  defects: z.array(DefectGroup),
})
export type ImportReport = z.output<typeof ImportReport>

/** What came in of explanation maps that were made elsewhere, or would come in. */
export const MapsReport = z.strictObject({
  isDryRun: z.boolean(),
  format: z.literal('maps'),
  model: z.string(),
  method: z.string(),
  maps: z.strictObject({ new: count, known: count, refused: count }),
  /** images of the project that have no map in the folder */
  nWithoutMap: count,
  /** where it is known from what the classifier answered: the project's runs, a table, or nowhere (taken as right) */
  answers: z.enum(['project', 'file', 'assumed']),
  /** sentences for people: what is taken for granted */
  notes: z.array(z.string()),
  defects: z.array(DefectGroup),
})
export type MapsReport = z.output<typeof MapsReport>

const Name = z.string().trim().min(1).max(200)

/** A format that a folder may be of, with what an import of it would be given. */
const RecognisedFormat = z.strictObject({
  format: z.string(),
  label: z.string(),
  /** absolute paths */
  images: z.string(),
  annotations: z.string().nullable(),
  /** photos below `images` */
  nPhotos: count,
})

export const importingProcedures = {
  /**
   * Tells which formats a folder (or the folder of a file) may be of, the likeliest first; none where there is no photo.
   * @throws AppError 'file.missing', 'file.unreadable'
   */
  'dataset.recognise': call(z.strictObject({ path: FilePath }), z.strictObject({ formats: z.array(RecognisedFormat) })),

  /**
   * Takes in explanation maps that were made elsewhere (`.npy`, grey PNG), by the names of the project's images, and
   * scores them; one transaction, or (dry run) nothing but counts.
   */
  'maps.import': stream(
    z.strictObject({
      project: ProjectHandle,
      /** folder of the maps */
      maps: FilePath,
      method: Name.max(64),
      /** one of the project's classifiers, or a name for one that is not in it */
      model: Name,
      /** table of what the classifier answered: columns image, label and maybe probability */
      predictions: FilePath.optional(),
      dryRun: z.boolean().default(false),
    }),
    Progress,
    MapsReport,
  ),
  /** Reads a dataset into the project in one transaction, or (dry run) only says what would come in. */
  'dataset.import': stream(
    z.strictObject({
      project: ProjectHandle,
      format: z.string().min(1).max(64),
      images: FilePath,
      annotations: FilePath.optional(),
      predictions: FilePath.optional(),
      /** `folder`, `filename`, `field:NAME`, `category`, `csv:FILE`; left out: guessed, and the guess is told */
      labels: z.string().max(4200).optional(),
      as: z.enum(['machine', 'correction']).default('machine'),
      auditor: z.string().min(1).max(200).optional(),
      dryRun: z.boolean().default(false),
    }),
    Progress,
    ImportReport,
  ),
}
