import { z } from 'zod'
import { bytes, float32s } from '#common/contract/binary.ts'
import { call } from '#common/contract/rpc.ts'

/** An engine that knows nothing but to answer, for tests of how the host runs one. */
export const echoContract = {
  'echo.values': call(
    z.strictObject({ text: z.string(), bytes, floats: float32s }),
    z.strictObject({ text: z.string(), bytes, floats: float32s, pid: z.number() }),
  ),
  /** has the host start a compute process, and asks that one for its runtimes */
  'echo.compute': call(z.strictObject({}), z.strictObject({ usable: z.array(z.string()), pid: z.number() })),
}
