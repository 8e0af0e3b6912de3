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
  /** the entry of the audit log by which it can be undone; null: a dry run, or nothing came in */
  entry: z.number().int().positive().nullable(),
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

/** An import that is in the audit log. */
const ImportFacts = z.strictObject({
  /** of the audit log */
  entry: z.number().int().positive(),
  at: z.number(),
  actor: z.string(),
  format: z.string(),
  /** absolute paths: the folder of the photos, and the file or folder of what is known of them */
  folder: z.string(),
  source: z.string().nullable(),
  nImages: count,
  nInstances: count,
  nCorrections: count,
  /**
   * in-force: it can be undone, if nothing stands in the way; undone; empty: it brought nothing; unrecorded: it came in
   * before imports were recorded
   */
  state: z.enum(['in-force', 'undone', 'empty', 'unrecorded']),
  /** the entry of its undo */
  undoneBy: z.number().int().positive().nullable(),
})
export type ImportFacts = z.output<typeof ImportFacts>

/** Something that stands in the way of an undo. */
const UndoObstacle = z.strictObject({
  /** work: of people, since; later-import, detection: on the same images; job: one that runs now */
  kind: z.enum(['work', 'later-import', 'detection', 'job']),
  /** one sentence, and one about what can be done */
  message: z.string(),
  hint: z.string(),
  /** images that it is about; 0 for a job */
  nImages: count,
  /** later-import: its entry in the audit log */
  entry: z.number().int().positive().nullable(),
})
export type UndoObstacle = z.output<typeof UndoObstacle>

/** What went with an import that was undone, or would go. */
export const UndoReport = z.strictObject({
  isDryRun: z.boolean(),
  import: ImportFacts,
  /** maps with all that was computed from them; corrections: of masks that stay */
  gone: z.strictObject({
    images: count,
    instances: count,
    corrections: count,
    predictions: count,
    maps: count,
    scores: count,
  }),
  /** images that are as they were before it */
  nRestored: count,
  /** none where it was done */
  obstacles: z.array(UndoObstacle),
})
export type UndoReport = z.output<typeof UndoReport>

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

  /** All imports of datasets that the audit log has, the newest first. */
  'imports.list': call(z.strictObject({ project: ProjectHandle }), z.strictObject({ imports: z.array(ImportFacts) })),

  /**
   * Undoes an import in one transaction, or (dry run) only says what would go and what stands in the way: images, masks,
   * labels and splits are as before it, and what machines made of its images goes with it.
   * @throws AppError 'import.in-use' where something stands in the way (`data`: the obstacle), 'import.not-undoable',
   *   'record.missing' where the log has no such import
   */
  'dataset.import.undo': stream(
    z.strictObject({
      project: ProjectHandle,
      /** of the import in the audit log; null: the newest that is in force */
      entry: z.number().int().positive().nullable().default(null),
      dryRun: z.boolean().default(false),
    }),
    Progress,
    UndoReport,
  ),
}
