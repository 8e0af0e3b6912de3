import { AppError } from '#common/contract/errors.ts'
import type { RuntimeReport } from '#common/contract/procedures/models.ts'
import { foldGraph } from './fold.ts'
import { nodeIndex, type Graph } from './graph.ts'
import { onnxRuntime } from './onnx/onnx-runtime.ts'
import { paddingOf } from './padding.ts'
import type { Runtime } from './runtime.ts'
import { selfTestExpected, selfTestGraph, selfTestInput, selfTestLayer } from './self-test.ts'
import { nativeRuntime } from './tfjs/native-runtime.ts'
import { wasmRuntime } from './tfjs/wasm-runtime.ts'

/** Every runtime there is, in the order they are shown. */
export const runtimes: readonly Runtime[] = [nativeRuntime, onnxRuntime, wasmRuntime]

/** Larger than any rounding of float32 in the self-test, far smaller than a wrong kernel. */
const tolerance = 1e-5

/**
 * Starts a runtime, runs the self-test on it and times a convolution. Never throws: what goes wrong is the reason.
 */
export async function probeRuntime(runtime: Runtime): Promise<RuntimeReport> {
  const facts = { id: runtime.id, label: runtime.label }
  const unusable = (reason: string, selfTestError: number | null = null): RuntimeReport => ({
    ...facts,
    isUsable: false,
    reason,
    selfTestError,
    gflops: null,
  })
  try {
    await runtime.start()
    const selfTestError = await runSelfTest(runtime)
    if (!(selfTestError <= tolerance)) return unusable(`its self-test is off by ${selfTestError}`, selfTestError)
    const gflops = await measureSpeed(runtime)
    return { ...facts, isUsable: true, reason: `works, ${gflops.toFixed(0)} GFLOP/s`, selfTestError, gflops }
  } catch (error) {
    return unusable(error instanceof AppError ? error.message : `it failed: ${String(error).split('\n')[0] ?? ''}`)
  }
}

/** Largest difference from the known logits and the known gradient. */
async function runSelfTest(runtime: Runtime): Promise<number> {
  const layer = nodeIndex(selfTestGraph, selfTestLayer)
  const graph = foldGraph(selfTestGraph, new Set([layer]))
  const outputs = new Map([
    ['logits', nodeIndex(graph, 'dense')],
    ['activation', layer],
  ])
  const network = await runtime.load(graph, outputs)
  try {
    const values = await network.run(selfTestInput, 1, ['logits', 'activation'])
    const error = largestDifference(values.get('logits')!, selfTestExpected.logits)
    const gradients = await runtime.loadGradient(graph, layer)
    try {
      const { gradient } = await gradients.run(selfTestInput, [1], 'logit')
      return Math.max(error, largestDifference(gradient, selfTestExpected.gradient))
    } finally {
      await gradients.dispose()
    }
  } finally {
    await network.dispose()
  }
}

function largestDifference(found: Float32Array, expected: readonly number[]): number {
  return expected.reduce((largest, value, i) => {
    const difference = Math.abs(found[i]! - value)
    return Number.isNaN(difference) ? Infinity : Math.max(largest, difference)
  }, 0)
}

/**
 * The best of many runs, not of a few: on a busy machine one run in three may be slowed down tenfold, which would rank
 * the runtimes by chance.
 */
const speedRuns = { least: 4, milliseconds: 150 } as const
const speedSide = 56
const speedChannels = 64

/** GFLOP/s of a 3×3 convolution, 56×56, 64 → 64 channels, in its best run. */
async function measureSpeed(runtime: Runtime): Promise<number> {
  const shape = [speedSide, speedSide, speedChannels]
  const graph: Graph = {
    nodes: [
      { op: 'input', name: 'input', inputs: [], shape },
      {
        op: 'conv2d',
        name: 'conv',
        inputs: [0],
        shape,
        kernel: {
          shape: [3, 3, speedChannels, speedChannels],
          data: new Float32Array(9 * speedChannels ** 2).fill(0.01),
        },
        bias: null,
        window: {
          size: [3, 3],
          strides: [1, 1],
          pads: paddingOf('same', [speedSide, speedSide], [3, 3], [1, 1]),
        },
        dilations: [1, 1],
      },
    ],
    input: 0,
    output: 1,
  }
  const network = await runtime.load(graph, new Map([['out', 1]]))
  try {
    const input = new Float32Array(speedSide * speedSide * speedChannels).fill(0.5)
    let best = Infinity
    const end = performance.now() + speedRuns.milliseconds
    for (let i = 0; i < speedRuns.least || performance.now() < end; i++) {
      const start = performance.now()
      await network.run(input, 1, ['out'])
      best = Math.min(best, performance.now() - start)
    }
    return (2 * 9 * speedChannels ** 2 * speedSide ** 2) / 1e6 / best
  } finally {
    await network.dispose()
  }
}
