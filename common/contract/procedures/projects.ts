import { z } from 'zod'
import { call } from '../rpc.ts'
import { FilePath } from './common.ts'

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

export const projectProcedures = {
  'project.create': call(z.strictObject({ path: FilePath }), z.strictObject({ project: ProjectHandle })),
  'project.open': call(
    z.strictObject({ path: FilePath, mode: z.enum(['read', 'write']) }),
    z.strictObject({ project: ProjectHandle }),
  ),
  'project.close': call(z.strictObject({ project: ProjectHandle }), z.strictObject({})),
  'project.describe': call(z.strictObject({ project: ProjectHandle }), ProjectDescription),
}
