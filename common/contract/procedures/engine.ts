import { z } from 'zod'
import { call } from '../rpc.ts'
import { RuntimeReport } from './models.ts'

export const DoctorReport = z.strictObject({
  version: z.string(),
  node: z.string(),
  platform: z.string(),
  cpus: z.number().int(),
  memoryBytes: z.number(),
  packages: z.record(z.string(), z.string()),
  runtimes: z.array(RuntimeReport),
  gpu: z.string(),
  notes: z.array(z.string()),
})
export type DoctorReport = z.output<typeof DoctorReport>

export const engineProcedures = {
  /**
   * Versions, and every runtime probed with a real computation.
   * isFresh: in a new compute process, which finds what was installed or freed since the last one started
   */
  'engine.diagnose': call(z.strictObject({ isFresh: z.boolean().default(false) }), DoctorReport),
}
