import { availableParallelism, arch, cpus, platform, release, totalmem } from 'node:os'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { EngineHandlers } from '#common/contract/index.ts'
import { readCurrentBuild } from '#main/tensor/native/current-build.ts'
import { withSecondTry } from './compute-device.ts'
import type { Services } from './services.ts'

/** Packages whose versions a report of a fault should name. */
const shownPackages = ['onnxruntime-node', '@tensorflow/tfjs', 'better-sqlite3', 'sharp'] as const

export function diagnosingHandlers({ compute, version }: Services): Pick<EngineHandlers, 'engine.diagnose'> {
  return {
    'engine.diagnose': async ({ isFresh }, { signal }) => {
      if (isFresh) compute.renew()
      // a library may take the first process down; the second one leaves it alone
      const runtimes = await withSecondTry(() => compute.call((client) => client['runtime.probe']({}, { signal })))
      const build = readCurrentBuild()
      return {
        version,
        node: process.version,
        platform: `${platform()} ${release()} ${arch()}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
        cpus: availableParallelism(),
        memoryBytes: totalmem(),
        packages: {
          ...Object.fromEntries(shownPackages.map((name) => [name, installedVersion(name)])),
          ...(build ? { 'TensorFlow, built here': build.version } : {}),
        },
        runtimes,
        gpu: build?.gpu
          ? 'TensorFlow native was built with CUDA, which it uses where the driver is there'
          : 'no graphics card is used: the runtimes that are here compute on the processor',
        notes: [],
      }
    },
  }
}

/** Read from the package's folder: many packages do not export their package.json. */
function installedVersion(name: string): string {
  const require = createRequire(import.meta.url)
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      const json = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version?: unknown }
      if (typeof json.version === 'string') return json.version
    } catch {
      continue // not in this folder of the search path
    }
  }
  return `not found from ${dirname(import.meta.filename)}`
}
