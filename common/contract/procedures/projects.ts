import { z } from 'zod'
import { call, stream } from '../rpc.ts'
import { FilePath, Progress } from './common.ts'

const count = z.number().int().nonnegative()

/** An open project, until it is closed or the engine ends. */
export const ProjectHandle = z.number().int().positive()

export const ProjectDescription = z.strictObject({
  path: z.string(),
  id: z.string(),
  createdAt: z.number(),
  createdBy: z.string(),
  isWritable: z.boolean(),
  nImages: z.number().int(),
  nInstances: z.number().int(),
  nModels: z.number().int(),
  nPredictions: z.number().int(),
  nExplanations: z.number().int(),
  nScores: z.number().int(),
  nAuditEntries: z.number().int(),
  labels: z.array(z.strictObject({ label: z.string().nullable(), nImages: z.number().int() })),
  folders: z.array(z.string()),
})
export type ProjectDescription = z.output<typeof ProjectDescription>

/** What of a project was read and found as it was; 0 for what comes after the first broken thing. */
const Checked = z.strictObject({
  pages: count,
  tables: count,
  /** whose references to other rows were followed */
  rows: count,
  auditEntries: count,
  blobs: count,
  maskRevisions: count,
  maps: count,
  /** steps of stroke journals */
  strokes: count,
  /** facts that the audit log names, compared with the data */
  loggedFacts: count,
  /** scores that were computed again; null: not asked for */
  scores: count.nullable(),
})
export type Checked = z.output<typeof Checked>

/**
 * The first thing of a project that is not as it was.
 * file: pages, or the file as a whole; schema: tables and triggers; reference: a row that belongs to none; audit: the
 * chain of the log; blob, mask, map, stroke: stored data; record: data that the log contradicts; score: a stored score that its
 * map and mask do not give
 */
const Break = z.strictObject({
  kind: z.enum(['file', 'schema', 'reference', 'audit', 'blob', 'mask', 'map', 'stroke', 'record', 'score']),
  /** the row or table, such as `mask_revision 12`; the path for a file */
  subject: z.string(),
  message: z.string(),
  hint: z.string(),
})
export type Break = z.output<typeof Break>

export const ProjectVerification = z.strictObject({
  ok: z.boolean(),
  path: z.string(),
  /** the process that has it open for writing; what it writes from now on is not part of this */
  writer: z.strictObject({ pid: z.number().int(), host: z.string(), lockedAt: z.number() }).nullable(),
  checked: Checked,
  /**
   * The photos, which are no part of the file: those with the size that they had, those that are not there, and those
   * that are others now (with `recompute` also by their content). Null where something of the project is broken.
   */
  photos: z.strictObject({ present: count, missing: count, changed: count }).nullable(),
  /** what is unusual, but not broken */
  notes: z.array(z.string()),
  broken: Break.nullable(),
})
export type ProjectVerification = z.output<typeof ProjectVerification>

export const projectProcedures = {
  'project.create': call(z.strictObject({ path: FilePath }), z.strictObject({ project: ProjectHandle })),
  /**
   * One connection at a time writes a project. The handle is good for the connection that opened it.
   * @throws AppError 'project.locked' (`data`: path, lockedAt, and isWindow for another window of this program, or pid and
   *   host for another process), 'project.read-only', 'file.missing', 'project.not-a-project', 'project.newer', 'project.corrupt'
   */
  'project.open': call(
    z.strictObject({ path: FilePath, mode: z.enum(['read', 'write']) }),
    z.strictObject({ project: ProjectHandle }),
  ),
  'project.close': call(z.strictObject({ project: ProjectHandle }), z.strictObject({})),
  'project.describe': call(z.strictObject({ project: ProjectHandle }), ProjectDescription),
  /**
   * Copies a project to a new file, also while it is open for writing; the copy is checked before it gets its name. A
   * folder as `out` takes a file named by project and time. Nothing is ever overwritten.
   */
  'project.backup': stream(
    z.strictObject({ path: FilePath, out: FilePath }),
    Progress,
    z.strictObject({ path: z.string(), bytes: count, sha256: z.string() }),
  ),
  /**
   * Checks all of a project file that can be checked without models, and stops at the first broken thing. Takes a path,
   * because a damaged project cannot be opened; it may be open elsewhere, and is not changed.
   */
  'project.verify': stream(
    z.strictObject({
      path: FilePath,
      /** also computes every score in force again */
      recompute: z.boolean().default(false),
    }),
    Progress,
    ProjectVerification,
  ),
}
