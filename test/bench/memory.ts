import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import { makePhotos, writeCoco } from '../builders/dataset.ts'
import { writeSmallModel } from '../builders/small-model.ts'
import type { BenchResult, Row } from './benchmark.ts'

const [perClass, nClasses] = [1334, 3] as const
/** what is needed once is there by then: the engines of JavaScript take their heaps in steps, up to the 2,000th image */
const settledAt = 2000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What the run holds after so many images, MB. */
interface Held {
  readonly images: number
  readonly engine: number
  readonly compute: number | null
}

/** Memory over 2,000 images of a run, as it goes on: heap and buffers of the engine, resident memory of compute. */
export default async function bench(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'obalex-bench-'))
  try {
    const held = await run(folder)
    const slope = (of: (at: Held) => number | null): number => slopePer1000(held.map((at) => [at.images, of(at)!]))
    const rows: Row[] = [
      { what: 'engine, heap and buffers, at the end', value: held.at(-1)!.engine, unit: 'MB' },
      { what: 'engine, per 1,000 further images', value: slope((at) => at.engine), unit: 'MB', budget: '≤ 1 MB' },
    ]
    if (held.every(({ compute }) => compute !== null)) {
      rows.push(
        { what: 'compute process, resident, at the end', value: held.at(-1)!.compute!, unit: 'MB' },
        {
          what: 'compute process, per 1,000 further images',
          value: slope((at) => at.compute),
          unit: 'MB',
          budget: '≤ 5 MB',
        },
      )
    }
    return { name: `memory of a run over ${perClass * nClasses} images`, rows }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function run(folder: string): Promise<Held[]> {
  const model = await writeSmallModel(join(folder, 'model'), { labels: ['cat', 'dog', 'bird'] })
  const photos = await makePhotos(join(folder, 'photos'), { perClass })
  const annotations = await writeCoco(join(folder, 'instances.json'), photos)
  const engine = createEngine({ startCompute: startComputeChild, version: 'bench' })
  try {
    const client = engine.connect()
    const { project } = await client['project.create']({ path: join(folder, 'p.obalex') })
    await client['dataset.import']({ project, format: 'coco', images: join(folder, 'photos'), annotations })
    const spec = { models: [{ path: model }], methods: [{ method: 'gradcam' }] }
    const { job } = await client['run.start']({ project, spec })
    const held: Held[] = []
    let next = settledAt
    const onEvent = ({ done }: { done: number }): void => {
      if (done < next) return
      next += 100
      held.push({ images: done, engine: engineMemory(), compute: residentMemory(engine.computePid!) })
    }
    await client['job.watch']({ project, job }, { onEvent })
    return held
  } finally {
    await engine.dispose()
  }
}

function engineMemory(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

/** Only where the system has /proc. */
function residentMemory(pid: number): number | null {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes) / 1000
  } catch {
    return null
  }
}

/** Least squares. */
function slopePer1000(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return (1000 * over) / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}
