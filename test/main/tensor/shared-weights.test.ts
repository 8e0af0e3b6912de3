import * as tf from '@tensorflow/tfjs'
import { expect, it } from 'vitest'
import type { Constant } from '#main/tensor/graph.ts'
import { NetworkBuilder, type WeightsOf } from '#main/tensor/network-builder.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { describeOnRuntimes } from './each-runtime.ts'

/** 2 for each kernel, 1 for each bias: the same constants for every layer. */
function sameWeights(): WeightsOf {
  const constants = { kernel: constant([1, 1, 1, 1], 2), bias: constant([1], 1) }
  return () => constants as never
}

function constant(shape: readonly number[], value: number): Constant {
  return { shape, data: Float32Array.of(value) }
}

describeOnRuntimes('layers that share their weights', (runtime) => {
  it('compute with the same ones, and nothing of them is left behind', async () => {
    await wasmRuntime.start() // for the count
    await runtime.start()
    const net = new NetworkBuilder([2, 1, 1], sameWeights())
    const once = net.conv('a', net.input, { filters: 1, size: 1 })
    const twice = net.conv('b', once, { filters: 1, size: 1 })
    const before = tf.memory().numTensors
    const network = await runtime.load(net.graph(twice), new Map([['y', twice]]))
    const values = await network.run(Float32Array.of(3, 10), 1, ['y'])
    await network.dispose()
    expect([...values.get('y')!]).toEqual([15, 43])
    expect(tf.memory().numTensors).toBe(before)
  })
})
