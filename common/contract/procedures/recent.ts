import { z } from 'zod'
import { call } from '../rpc.ts'

export const recentProcedures = {
  /** Projects that were opened on this machine, the newest first; those whose file is gone say so. */
  'recent.list': call(
    z.strictObject({}),
    z.strictObject({
      projects: z.array(
        z.strictObject({
          path: z.string(),
          openedAt: z.number().int().nonnegative(),
          isThere: z.boolean(),
        }),
      ),
    }),
  ),
  'recent.forget': call(z.strictObject({ path: z.string().min(1).max(4096) }), z.strictObject({})),
}
