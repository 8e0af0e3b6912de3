import type { EngineHandlers } from '#common/contract/index.ts'
import type { StartCompute } from '#main/compute/host.ts'
import { ComputeDevice, withSecondTry } from './compute-device.ts'

/** @param startCompute the host's: what is measured is what would be used */
export function benchHandlers(startCompute: StartCompute): Pick<EngineHandlers, 'runtime.bench'> {
  return {
    // in a process that nobody else waits for, and whose memory goes with it
    'runtime.bench': async (request, { signal, emit }) => {
      const device = new ComputeDevice(startCompute)
      try {
        // a library may take the first process down; the second one leaves it alone
        return await withSecondTry(() =>
          device.call((client) => client['runtime.bench'](request, { signal, onEvent: emit })),
        )
      } finally {
        await device.dispose()
      }
    },
  }
}
