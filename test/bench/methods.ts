import { join } from 'node:path'
import { connect } from '#common/contract/rpc.ts'
import type { RuntimeId } from '#common/contract/procedures/models.ts'
import { computeContract } from '#main/compute/contract.ts'
import { startComputeChild } from '#main/compute/host.ts'
import { explainers } from '#main/explainers/registry.ts'
import { drawSamplePhotos } from '#main/training/sample/photos.ts'
import type { BenchResult, Row } from './benchmark.ts'

const model = join(import.meta.dirname, '../../resources/sample/fair/model.json')
const nPhotos = 12

/** Images a second of every method on every runtime of this machine, with a classifier of the sample (96×96). */
export default async function bench(): Promise<BenchResult> {
  const plan = { split: 'test', n: nPhotos, correlation: 0, stream: 3 } as const
  const { images } = drawSamplePhotos(1, plan, () => undefined)
  const rows: Row[] = []
  for (const runtime of await usableRuntimes()) rows.push(...(await measure(runtime, images)))
  return { name: 'methods and runtimes, sample classifier, 96×96', rows }
}

async function withCompute<T>(work: (client: ReturnType<typeof connectCompute>) => Promise<T>): Promise<T> {
  const child = startComputeChild()
  try {
    return await work(connectCompute(child.link))
  } finally {
    child.kill()
    await child.exited
  }
}

function connectCompute(link: ReturnType<typeof startComputeChild>['link']) {
  return connect(computeContract, link)
}

async function usableRuntimes(): Promise<RuntimeId[]> {
  const reports = await withCompute((client) => client['runtime.probe']({}))
  return reports.filter(({ isUsable }) => isUsable).map(({ id }) => id)
}

/** After one image as a warm-up. */
async function measure(runtime: RuntimeId, images: readonly Uint8Array[]): Promise<Row[]> {
  return withCompute(async (client) => {
    const { handle } = await client['classifier.load']({ path: model, card: {}, runtime })
    const rows: Row[] = []
    for (const { id: method } of explainers) {
      const request = { handle, classIndex: 0, method, variant: 'standard', options: {} } as const
      await client['classifier.explain']({ ...request, image: images[0]! })
      const start = performance.now()
      for (const image of images) await client['classifier.explain']({ ...request, image })
      const value = (1000 * images.length) / (performance.now() - start)
      rows.push({ what: `${method}, ${runtime}`, value, unit: 'images/s' })
    }
    return rows
  })
}
