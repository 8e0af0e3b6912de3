import type { EngineHandlers } from '#common/contract/index.ts'
import type { RuntimeReport } from '#common/contract/procedures/models.ts'
import type { StartCompute } from '#main/compute/host.ts'
import { buildNativeTensorFlow } from '#main/tensor/native/build-native.ts'
import { ComputeDevice } from './compute-device.ts'
import type { Services } from './services.ts'

/** @param startCompute the host's: a build is tried where it is to be used */
export function nativeHandlers(
  { compute }: Pick<Services, 'compute'>,
  startCompute: StartCompute,
): Pick<EngineHandlers, 'runtime.build-native'> {
  return {
    'runtime.build-native': async (request, { signal, emit }) => {
      const built = await buildNativeTensorFlow({
        ...request,
        signal,
        onProgress: emit,
        probe: (folder) => probeBuild(startCompute, folder, signal),
      })
      // the process that is running knows only what was there when it began
      if (built.isNew) compute.renew()
      return built
    },
  }
}

/** Computes with a build in a compute process that nobody else uses. @throws AppError 'compute.died' */
async function probeBuild(startCompute: StartCompute, folder: string, signal: AbortSignal): Promise<RuntimeReport> {
  const device = new ComputeDevice(startCompute)
  try {
    return await device.call((client) => client['runtime.probe-build']({ folder }, { signal }))
  } finally {
    await device.dispose()
  }
}
