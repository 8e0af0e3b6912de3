import { availableParallelism, arch, cpus, platform, release, totalmem } from 'node:os'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { Services } from './services.ts'

/** Packages whose versions a report of a fault should name. */
const shownPackages = ['onnxruntime-node', '@tensorflow/tfjs', 'better-sqlite3', 'sharp'] as const

export function diagnosingHandlers({ compute, version }: Services): Pick<EngineHandlers, 'engine.diagnose'> {
  return {
    'engine.diagnose': async (_, { signal }) => {
      const runtimes = await compute.call((client) => client['runtime.probe']({}, { signal }))
      return {
        version,
        node: process.version,
        platform: `${platform()} ${release()} ${arch()}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
        cpus: availableParallelism(),
        memoryBytes: totalmem(),
        packages: Object.fromEntries(shownPackages.map((name) => [name, installedVersion(name)])),
        runtimes,
        gpu: 'none is used: the runtimes of this release compute on the processor',
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
