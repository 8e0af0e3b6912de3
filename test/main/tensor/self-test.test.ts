import { describe, expect, it } from 'vitest'
import { nodeIndex, type Graph } from '#main/tensor/graph.ts'
import { probeRuntime } from '#main/tensor/probe.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { selfTestExpected, selfTestGraph, selfTestInput, selfTestLayer } from '#main/tensor/self-test.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { runNaively } from './naive-graph.ts'

describe('self-test of the runtimes', () => {
  it('expects what nested loops in float64 compute', () => {
    const values = runNaively(selfTestGraph, Float64Array.from(selfTestInput))
    const logits = values[nodeIndex(selfTestGraph, 'dense')]!
    logits.forEach((value, i) => expect(value).toBeCloseTo(selfTestExpected.logits[i]!, 6))
  })

  it('expects the gradient that finite differences give', () => {
    const layer = nodeIndex(selfTestGraph, selfTestLayer)
    const activation = runNaively(selfTestGraph, Float64Array.from(selfTestInput))[layer]!
    const logit = (value: Float64Array): number => tail(selfTestGraph, layer, value)[1]!
    selfTestExpected.gradient.forEach((expected, i) => {
      const [up, down] = [1e-4, -1e-4].map((step) => {
        const changed = Float64Array.from(activation)
        changed[i]! += step
        return logit(changed)
      })
      expect((up! - down!) / 2e-4).toBeCloseTo(expected, 6)
    })
  })

  it.each([onnxRuntime, wasmRuntime])('passes on $label', async (runtime) => {
    const report = await probeRuntime(runtime)
    expect(report).toMatchObject({ isUsable: true })
    expect(report.selfTestError).toBeLessThan(1e-5)
    expect(report.gflops).toBeGreaterThan(0.5)
  })

  it('says why a runtime is not usable', async () => {
    const report = await probeRuntime({ ...wasmRuntime, start: () => Promise.reject(new Error('no wasm here')) })
    expect(report).toMatchObject({ isUsable: false, reason: expect.stringContaining('no wasm here') as string })
  })

  it('refuses a runtime that computes wrong numbers', async () => {
    const report = await probeRuntime({
      ...onnxRuntime,
      load: async (graph, outputs) => {
        const network = await onnxRuntime.load(graph, outputs)
        return {
          run: async (...args) =>
            new Map([...(await network.run(...args))].map(([name, values]) => [name, values.map((v) => v + 0.01)])),
          dispose: () => network.dispose(),
        }
      },
    })
    expect(report).toMatchObject({ isUsable: false, reason: expect.stringContaining('off by') as string })
  })
})

function tail(graph: Graph, layer: number, value: Float64Array): Float64Array {
  return runNaively(graph, value, layer)[nodeIndex(graph, 'dense')]!
}
