import { describe, expect, it } from 'vitest'
import type { RuntimeReport } from '#common/contract/procedures/models.ts'
import { RuntimeBench } from '#common/contract/procedures/runtimes.ts'
import { architectureGraph } from '#main/classifiers/architectures/registry.ts'
import { benchNetworks, generatedWeights, type BenchNetwork } from '#main/compute/bench-networks.ts'
import { benchRuntimes, type BenchOptions } from '#main/compute/bench-runtimes.ts'
import { constantsOf, nodeIndex, sizeOf, type Graph } from '#main/tensor/graph.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'

const small: BenchNetwork = {
  label: 'small',
  layer: 'conv_pw_13_relu',
  slowOn: ['wasm'],
  graph: () =>
    architectureGraph(
      'mobilenet',
      { inputShape: [32, 32, 3], alpha: 0.25, head: { kind: 'top', classes: 10 } },
      generatedWeights(1),
    ),
}

function report(runtime: Runtime, isUsable = true): RuntimeReport {
  const { id, label } = runtime
  return { id, label, isUsable, reason: 'said by the test', selfTestError: null, gflops: null }
}

function benchSmall(options: Partial<BenchOptions>): Promise<RuntimeBench> {
  return benchRuntimes({
    reports: [report(onnxRuntime), report(wasmRuntime)],
    all: true,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    candidates: [onnxRuntime, wasmRuntime],
    networks: [small],
    product: { rows: 8, depth: 16, columns: 32 },
    effort: { leastRuns: 1, leastMs: 0 },
    ...options,
  })
}

describe('benchRuntimes', () => {
  it('measures every runtime beside the quickest and beside its own matrix product', async () => {
    await wasmRuntime.start()
    const steps: string[] = []
    const found = await benchSmall({ onProgress: ({ step, done, total }) => steps.push(`${step} ${done}/${total!}`) })
    expect(RuntimeBench.parse(found)).toEqual(found)
    expect(found.networks.map(({ network, runtime, problem }) => [network, runtime, problem])).toEqual([
      ['small', 'onnx', null],
      ['small', 'wasm', null],
    ])
    const times = found.networks.map(({ photoMs }) => photoMs!)
    found.networks.forEach(({ singleMs, photoMs, gflops, peakShare, gradientRatio, ratio, runtime, batchSize }) => {
      expect(Math.min(singleMs!, photoMs!, gflops!, gradientRatio!)).toBeGreaterThan(0)
      expect(batchSize).toBe(32)
      expect(ratio).toBe(photoMs! / Math.min(...times))
      const { peakGflops } = found.runtimes.find(({ id }) => id === runtime)!
      expect(peakShare).toBeCloseTo(gflops! / peakGflops!, 10)
    })
    expect(steps).toEqual([`small, ${onnxRuntime.label} 0/2`, `small, ${wasmRuntime.label} 1/2`, 'measured 2/2'])
  })

  it('leaves out what is not usable, and what takes minutes unless it is asked for', async () => {
    const reports = [report(onnxRuntime, false), report(wasmRuntime)]
    expect(await benchSmall({ reports, all: false })).toEqual({
      runtimes: reports.map((each) => ({ ...each, peakGflops: null })),
      networks: [],
    })
    const [only, ...others] = (await benchSmall({ reports, all: true })).networks
    expect(only).toMatchObject({ runtime: 'wasm', ratio: 1 })
    expect(others).toEqual([])
  })

  it('says why a network could not be measured, and goes on with the next runtime', async () => {
    const full: Runtime = {
      ...wasmRuntime,
      load: (graph, outputs) =>
        graph.nodes.length > 2 ? Promise.reject(new Error('no memory\n at …')) : wasmRuntime.load(graph, outputs),
    }
    const { networks } = await benchSmall({ candidates: [full, onnxRuntime] })
    expect(networks).toMatchObject([
      { runtime: 'wasm', problem: 'no memory', singleMs: null, photoMs: null, peakShare: null, ratio: null },
      { runtime: 'onnx', problem: null, ratio: 1 },
    ])
  })

  it('ends between two runs where it is cancelled, with nothing left loaded', async () => {
    const controller = new AbortController()
    let [nLoaded, nRuns] = [0, 0]
    const counted: Runtime = {
      ...onnxRuntime,
      load: async (graph, outputs) => {
        const network = await onnxRuntime.load(graph, outputs)
        nLoaded++
        return {
          run: (...args) => {
            if (++nRuns === 5) controller.abort(new Error('enough'))
            return network.run(...args)
          },
          dispose: () => {
            nLoaded--
            return network.dispose()
          },
        }
      },
    }
    const effort = { leastRuns: 1000, leastMs: 0 }
    const bench = benchSmall({ candidates: [counted], signal: controller.signal, effort })
    await expect(bench).rejects.toThrow('enough')
    expect({ nLoaded, nRuns }).toEqual({ nLoaded: 0, nRuns: 5 })
  })
})

describe('generated weights', () => {
  it('are the same each time, whole or in pieces, and spread as He’s are', () => {
    const [graph, again] = [small.graph(), small.graph()]
    const kernels = (of: Graph) => of.nodes.flatMap((node) => constantsOf(node).slice(0, 1))
    const largest = kernels(graph).reduce((a, b) => (sizeOf(a.shape) > sizeOf(b.shape) ? a : b))
    expect(kernels(graph).map(({ data }) => data)).toEqual(kernels(again).map(({ data }) => data))
    const { data, pieces, shape } = largest
    expect(Float32Array.from([...pieces!()].flatMap((piece) => [...piece]))).toEqual(data)
    const variance = data.reduce((sum, x) => sum + x * x, 0) / data.length
    const fanIn = sizeOf(shape) / shape.at(-1)!
    expect(variance / (2 / fanIn)).toBeCloseTo(1, 1)
  })

  it('come in pieces of whole rows where a kernel is large, and are made only when they are read', () => {
    const before = process.memoryUsage().arrayBuffers
    const graph = benchNetworks.find(({ label }) => label === 'VGG16')!.graph()
    const dense = graph.nodes[nodeIndex(graph, 'fc1/dense')]!
    const [kernel] = constantsOf(dense)
    const lengths = [...kernel!.pieces!()].map(({ length }) => length)
    expect(lengths.length).toBeGreaterThan(1)
    expect(lengths.every((length) => length % 4096 === 0)).toBe(true)
    expect(lengths.reduce((a, b) => a + b)).toBe(25_088 * 4096)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(25_088 * 4096 * 4 * 2)
  })

  it('make networks whose values stay in the range of trained ones', async () => {
    const graph = small.graph()
    const network = await onnxRuntime.load(graph, new Map([['probabilities', graph.output]]))
    const photo = Float32Array.from({ length: 32 * 32 * 3 }, (_, i) => ((i * 31) % 255) / 127 - 1)
    const values = (await network.run(photo, 1, ['probabilities'])).get('probabilities')!
    await network.dispose()
    expect(values.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5)
    expect(Math.max(...values)).toBeLessThan(0.99)
  })
})
