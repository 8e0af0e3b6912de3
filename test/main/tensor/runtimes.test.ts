import * as tf from '@tensorflow/tfjs'
import { describe, expect, it, vi } from 'vitest'
import { nodeIndex } from '#main/tensor/graph.ts'
import { probeRuntime } from '#main/tensor/probe.ts'
import { selfTestExpected, selfTestGraph, selfTestInput, selfTestLayer } from '#main/tensor/self-test.ts'
import { nativeRuntimeOf } from '#main/tensor/tfjs/native-runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeOnRuntimes } from './each-runtime.ts'
import { readCase } from './layer-models.ts'

const logits = nodeIndex(selfTestGraph, 'dense')
const layer = nodeIndex(selfTestGraph, selfTestLayer)

describeOnRuntimes('a network', (runtime) => {
  it('returns the outputs that are asked for, and the same on every call', async () => {
    await runtime.start()
    const outputs = new Map([
      ['input', selfTestGraph.input],
      ['layer', layer],
      ['logits', logits],
      ['the same', logits],
    ])
    const network = await runtime.load(selfTestGraph, outputs)
    const all = await network.run(selfTestInput, 1, [...outputs.keys()])
    expect([...all.keys()]).toEqual([...outputs.keys()])
    expect(all.get('input')).toEqual(selfTestInput)
    expect(all.get('the same')).toEqual(all.get('logits'))
    const one = await network.run(selfTestInput, 1, ['logits'])
    expect([...one]).toEqual([['logits', all.get('logits')]])
    selfTestExpected.logits.forEach((value, i) => expect(one.get('logits')![i]).toBeCloseTo(value, 6))
    await network.dispose()
  })

  it('takes batches of changing size', async () => {
    await runtime.start()
    const network = await runtime.load(selfTestGraph, new Map([['logits', logits]]))
    for (const n of [2, 1, 5]) {
      const batch = new Float32Array(n * selfTestInput.length)
      for (let i = 0; i < n; i++)
        batch.set(
          selfTestInput.map((value) => value * (i + 1)),
          i * selfTestInput.length,
        )
      const values = (await network.run(batch, n, ['logits'])).get('logits')!
      expect(values).toHaveLength(4 * n)
      selfTestExpected.logits.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6))
    }
    await network.dispose()
  })

  it('stays usable while another one is loaded and disposed', async () => {
    await runtime.start()
    const first = await runtime.load(selfTestGraph, new Map([['logits', logits]]))
    const second = await runtime.load(selfTestGraph, new Map([['logits', logits]]))
    await second.dispose()
    const values = (await first.run(selfTestInput, 1, ['logits'])).get('logits')!
    expect(values[0]).toBeCloseTo(selfTestExpected.logits[0]!, 6)
    await first.dispose()
  })
})

describe('tensors', () => {
  it('are all freed by a network that is disposed, and none is left by a run', async () => {
    await wasmRuntime.start()
    const before = tf.memory().numTensors
    const network = await wasmRuntime.load(selfTestGraph, new Map([['logits', logits]]))
    const loaded = tf.memory().numTensors
    // what lies behind the logits has no constants: two kernels and biases, a depthwise kernel, a factor, an offset
    expect(loaded - before).toBe(7)
    await network.run(selfTestInput, 1, ['logits'])
    expect(tf.memory().numTensors).toBe(loaded)
    await network.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('are all freed by a gradient', async () => {
    await wasmRuntime.start()
    const before = tf.memory().numTensors
    const network = await wasmRuntime.loadGradient(selfTestGraph, layer)
    const loaded = tf.memory().numTensors
    expect(loaded - before).toBe(7)
    await network.run(selfTestInput, [2], 'probability')
    expect(tf.memory().numTensors).toBe(loaded)
    await network.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('are freed where a gradient cannot be computed', async () => {
    const { graph } = await readCase({
      name: 'dilated',
      build: (x) =>
        tf.layers
          .conv2d({ filters: 2, kernelSize: 2, dilationRate: 2, dataFormat: 'channelsFirst' })
          .apply(x) as tf.SymbolicTensor,
      operations: ['opaque'],
    })
    const network = await wasmRuntime.loadGradient(graph, graph.input)
    const loaded = tf.memory().numTensors
    await expect(network.run(new Float32Array(7 * 9 * 3), [0], 'logit')).rejects.toMatchObject({
      code: 'runtime.unavailable',
    })
    expect(tf.memory().numTensors).toBe(loaded)
    await network.dispose()
  })

  it('are freed with a model, and where a model cannot be run', async () => {
    await wasmRuntime.start()
    const before = tf.memory().numTensors
    await probeRuntime(wasmRuntime)
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('a runtime that does not start', () => {
  it('of TensorFlow says that its library cannot be loaded, and why', async () => {
    const report = await probeRuntime(nativeRuntimeOf(temporaryFolder()))
    expect(report).toMatchObject({ id: 'tensorflow', isUsable: false, gflops: null })
    expect(report.reason).toMatch(/^its library cannot be loaded: Cannot find module '@tensorflow\/tfjs-node-gpu/)
  })

  it('of ONNX leaves the others alone', async () => {
    vi.resetModules()
    vi.doMock('onnxruntime-node', () => {
      throw new Error('libonnxruntime.so.1: cannot open shared object file')
    })
    try {
      const fresh = await import('#main/tensor/onnx/onnx-runtime.ts')
      const report = await probeRuntime(fresh.onnxRuntime)
      expect(report).toMatchObject({ isUsable: false, reason: expect.stringContaining('cannot be loaded') as string })
    } finally {
      vi.doUnmock('onnxruntime-node')
      vi.resetModules()
    }
  })
})

it('wasm leaves no listeners for unhandled errors in the process', async () => {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = events.map((event) => process.listenerCount(event))
  await wasmRuntime.start()
  expect(events.map((event) => process.listenerCount(event))).toEqual(before)
})
