import { largeProduct, productGflops } from '#main/compute/bench-product.ts'
import { maskRcnn } from '#main/detectors/mask-rcnn.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { macsOf } from '#main/tensor/graph.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { hasTestData, testData } from '../builders/data-paths.ts'
import type { BenchResult } from './benchmark.ts'

const nRounds = 5
const folder = 'goldens/mask-rcnn'

/** What the dense parts cost: ONNX Runtime, with a clock beside it. */
interface DenseWork {
  ms: number
  flops: number
}

/** Counts the time and the operations of every run of a network that it loads. */
function clocked(work: DenseWork): Runtime {
  return {
    ...onnxRuntime,
    load: async (graph, outputs) => {
      const network = await onnxRuntime.load(graph, outputs)
      const flops = 2 * macsOf(graph)
      return {
        run: async (input, n, wanted) => {
          const start = performance.now()
          const values = await network.run(input, n, wanted)
          work.ms += performance.now() - start
          work.flops += n * flops
          return values
        },
        dispose: () => network.dispose(),
      }
    },
  }
}

/**
 * Matterport's Mask R-CNN on ResNet101 at 1024 pixels, from a decoded photo to its masks: how near its dense parts come to
 * a large matrix product by the same runtime, measured beside each round, and what everything else takes.
 */
export default async function bench(): Promise<BenchResult> {
  const name = `Mask R-CNN on ResNet101 at 1024 pixels, the quietest of ${nRounds} rounds`
  if (!hasTestData) return { name, rows: [], skipped: 'no test data (OBALEX_TEST_DATA)' }
  const work: DenseWork = { ms: 0, flops: 0 }
  const path = testData(`${folder}/mask_rcnn_coco_like.h5`)
  const detector = await maskRcnn.load({ path, architecture: 'maskrcnn', runtime: 'auto' }, [clocked(work)])
  const photo = await decodeImage(testData(`${folder}/inference-resnet101-256/000000006818/input.png`))
  const { signal } = new AbortController()
  const effort = { effort: { leastRuns: 3, leastMs: 500 }, signal }
  const detect = () => detector.detect(photo, { minScore: null, signal, onProgress: () => undefined })
  await detect()
  let best = { ms: Infinity, cpuSeconds: 0, dense: { ms: 0, flops: 0 }, peak: 0 }
  let peak = 0
  for (let round = 0; round < nRounds; round++) {
    peak = Math.max(peak, await productGflops(onnxRuntime, largeProduct, effort))
    Object.assign(work, { ms: 0, flops: 0 })
    const cpu = process.cpuUsage()
    const start = performance.now()
    await detect()
    const ms = performance.now() - start
    const { user, system } = process.cpuUsage(cpu)
    if (ms < best.ms) best = { ms, cpuSeconds: (user + system) / 1e6, dense: { ...work }, peak }
  }
  await detector.dispose()
  const { ms, cpuSeconds, dense } = best
  const gflops = dense.flops / 1e6 / dense.ms
  return {
    name,
    rows: [
      { what: 'a photo', value: ms, unit: 'ms' },
      { what: 'processor time', value: cpuSeconds, unit: 's', note: 'the Keras reference took 12.3' },
      { what: 'dense parts', value: gflops, unit: 'GFLOP/s', note: `a matrix product ${peak.toFixed(0)}` },
      { what: 'dense parts ÷ matrix product', value: (100 * gflops) / peak, unit: '%', budget: '≥ 60 %' },
      { what: 'everything else', value: (100 * (ms - dense.ms)) / ms, unit: '%', budget: '≤ 10 %' },
    ],
  }
}
