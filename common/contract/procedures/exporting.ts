import { z } from 'zod'
import { stream } from '../rpc.ts'
import { FilePath, Progress } from './common.ts'
import { ProjectHandle } from './projects.ts'

const count = z.number().int().nonnegative()

export const exportingProcedures = {
  /** Writes the masks, reads them back and compares before it says done. */
  'dataset.export': stream(
    z.strictObject({
      project: ProjectHandle,
      format: z.string().min(1).max(64),
      out: FilePath,
      /** machine: as they came; corrected: only instances that a person corrected; final: the newest revision of each */
      masks: z.enum(['machine', 'corrected', 'final']).default('final'),
    }),
    Progress,
    z.strictObject({
      files: z.array(z.string()),
      images: count,
      instances: count,
      emptyMasks: count,
      /** what the format could not hold: a plural noun phrase and how many */
      losses: z.array(z.strictObject({ what: z.string(), n: count })),
    }),
  ),
}
