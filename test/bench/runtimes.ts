import { startComputeChild } from '#main/compute/host.ts'
import { createEngine } from '#main/engine/engine.ts'
import type { BenchResult, Row } from './benchmark.ts'

/** `obalex bench runtimes` with its budgets, judged where classifiers usually run: on ONNX Runtime. */
export default async function bench(): Promise<BenchResult> {
  const engine = createEngine({ startCompute: startComputeChild, version: 'bench' })
  try {
    const { networks } = await engine.connect()['runtime.bench']({})
    const rows = networks.flatMap(({ network, runtime, photoMs, peakShare, gradientRatio }): Row[] => {
      if (photoMs === null || peakShare === null) return []
      const what = `${network}, ${runtime}`
      const isJudged = runtime === 'onnx'
      return [
        { what, value: photoMs, unit: 'ms a photo' },
        {
          what: `${what}, of the matrix product`,
          value: 100 * peakShare,
          unit: '%',
          ...(isJudged && network === 'VGG16' ? { budget: '≥ 75 %' } : {}),
        },
        ...(gradientRatio === null
          ? []
          : [
              {
                what: `${what}, gradient ÷ forward`,
                value: gradientRatio,
                unit: '×',
                ...(isJudged ? { budget: '≤ 1.6 ×' } : {}),
              },
            ]),
      ]
    })
    return { name: 'runtimes with networks of generated weights', rows }
  } finally {
    await engine.dispose()
  }
}
