import { z } from 'zod'
import { stream } from '../rpc.ts'
import { FilePath, Progress } from './common.ts'
import { ProjectHandle } from './projects.ts'

/** One statement. `finding`: two classifiers are told apart; `caution`: what weakens the rest. */
const ReportSummaryLine = z.strictObject({
  kind: z.enum(['scope', 'finding', 'statement', 'caution']),
  text: z.string(),
})
export type ReportSummaryLine = z.output<typeof ReportSummaryLine>

export const reportingProcedures = {
  /** Writes the report of a project as it is now; the ending of the file says which kind of report. */
  'report.write': stream(
    z.strictObject({ project: ProjectHandle, out: FilePath }),
    Progress,
    z.strictObject({
      path: z.string(),
      bytes: z.number().int().nonnegative(),
      /** the report in plain words */
      summary: z.array(ReportSummaryLine),
    }),
  ),
}
