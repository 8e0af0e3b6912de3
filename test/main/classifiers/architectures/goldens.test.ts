import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ArchitectureName, ArchitectureRequest } from '#common/contract/procedures/models.ts'
import { knownArchitecture } from '#main/classifiers/architectures/known-architectures.ts'
import type { WeightsOf } from '#main/tensor/network-builder.ts'
import { architectureGraph, type Head } from '#main/classifiers/architectures/registry.ts'
import { openHdf5, type Hdf5File } from '#main/files/hdf5.ts'
import { readNpy } from '#main/files/npy.ts'
import { foldGraph } from '#main/tensor/fold.ts'
import { lazyConstant, nodeIndex, scoreHead, type Constant, type Graph } from '#main/tensor/graph.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { nativeRuntime } from '#main/tensor/tfjs/native-runtime.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { streamGraph } from '#main/tensor/tfjs/stream-graph.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { describeWithNative } from '../../../builders/native-tensorflow.ts'
import { describeWithData, hasTestData, testData } from '../../../builders/test-data.ts'

const side = 224
const photoBytes = side * side * 3

interface Golden {
  readonly tensors: readonly (readonly [name: string, shape: readonly number[]])[]
  readonly input: readonly { readonly first8: readonly number[]; readonly sha256_float32: string }[]
  readonly layers: Readonly<
    Record<
      string,
      {
        readonly shape: readonly number[]
        readonly probe_index: readonly number[]
        readonly photo: readonly { readonly mean: number; readonly std: number; readonly probe: readonly number[] }[]
      }
    >
  >
  readonly top5?: readonly (readonly (readonly [index: number, logit: number, probability: number])[])[]
  readonly features?: readonly { readonly std: number }[]
}

interface Case {
  readonly golden: string
  readonly name: ArchitectureName
  readonly alpha: ArchitectureRequest['alpha']
  readonly top: boolean
  /** photos that TensorFlow.js on WebAssembly computes; the large ones take it seconds each */
  readonly nWasm: number
}

const cases: readonly Case[] = [
  { golden: 'vgg16', name: 'vgg16', alpha: 1, top: true, nWasm: 1 },
  { golden: 'vgg16_notop', name: 'vgg16', alpha: 1, top: false, nWasm: 1 },
  { golden: 'resnet50', name: 'resnet50', alpha: 1, top: true, nWasm: 1 },
  { golden: 'resnet50_notop', name: 'resnet50', alpha: 1, top: false, nWasm: 1 },
  { golden: 'mobilenet100', name: 'mobilenet', alpha: 1, top: true, nWasm: 2 },
  { golden: 'mobilenet025', name: 'mobilenet', alpha: 0.25, top: true, nWasm: 2 },
]

describeWithData('networks of keras.applications, as Keras computes them', () => {
  describe.each(cases)('$golden', ({ golden: goldenName, name, alpha, top, nWasm }) => {
    const file = (suffix: string) => testData(`goldens/arch/${goldenName}${suffix}`)
    const golden = hasTestData ? (JSON.parse(readFileSync(file('.json'), 'utf8')) as Golden) : undefined!
    const layers = Object.keys(hasTestData ? golden.layers : {})
    const head: Head = top ? { kind: 'top', classes: 1000 } : { kind: 'none' }
    let inputs: Float32Array[]
    let expected: Float32Array
    let asked: [string, readonly number[]][]
    let weights: Hdf5File
    let graph: Graph

    beforeAll(async () => {
      const photos = (await readNpy(testData('goldens/arch/photos.npy'))).data as Uint8Array
      asked = []
      weights = await openHdf5(file('_periodic.h5'))
      graph = architectureGraph(name, { inputShape: [side, side, 3], alpha, head }, weightsIn(weights, asked))
      const { preprocess: kind } = knownArchitecture(graph.nodes.map((node) => node.name))!
      inputs = [0, 1].map((i) => preprocess(photos.subarray(i * photoBytes, (i + 1) * photoBytes), kind))
      expected = (await readNpy(file(top ? '_logits.npy' : '_features.npy'))).data as Float32Array
      return () => weights.close()
    })

    it('has Keras’s tensors, in Keras’s order', () => {
      expect(asked).toEqual(golden.tensors)
    })

    it('gets the input that Keras’s preprocessing makes', () => {
      inputs.forEach((input, i) => {
        expect([...input.subarray(0, 8)]).toEqual(golden.input[i]!.first8.map(Math.fround))
        expect(createHash('sha256').update(new Uint8Array(input.buffer)).digest('hex')).toBe(
          golden.input[i]!.sha256_float32,
        )
      })
    })

    const givesValues = (runtime: Runtime) => async () => {
      await runtime.start()
      const targets = new Map([['out', outputOf(graph)], ...layers.map((l) => [l, nodeIndex(graph, l)] as const)])
      const network = await runtime.load(foldGraph(graph, new Set(targets.values())), targets)
      try {
        for (const [i, input] of inputs.entries()) {
          const values = await network.run(input, 1, ['out', ...layers])
          expectOutput(values.get('out')!, i)
          for (const layer of layers) expectProbes(layer, values.get(layer)!, i)
        }
      } finally {
        await network.dispose()
      }
    }
    it('gives its logits or features and layer values on ONNX Runtime', givesValues(onnxRuntime))
    describeWithNative(`on ${nativeRuntime.label}`, () => {
      it('gives them as well', givesValues(nativeRuntime))
    })

    it('gives them on TensorFlow.js, streamed', async () => {
      await wasmRuntime.start()
      await tf.setBackend('wasm')
      const before = tf.memory().numTensors
      for (const [i, input] of inputs.slice(0, nWasm).entries()) {
        const targets = [outputOf(graph), ...layers.map((layer) => nodeIndex(graph, layer))]
        const [output, ...values] = streamGraph(graph, input, targets)
        expectOutput(output!, i)
        layers.forEach((layer, k) => expectProbes(layer, values[k]!, i))
      }
      expect(tf.memory().numTensors).toBe(before)
    })

    function expectOutput(found: Float32Array, photo: number): void {
      const own = expected.subarray(photo * found.length, (photo + 1) * found.length)
      if (!golden.top5) {
        expectClose(found, own, 1e-3 * golden.features![photo]!.std)
        return
      }
      expectClose(found, own, 1e-3)
      const order = [...found.keys()].sort((a, b) => found[b]! - found[a]!).slice(0, 5)
      expect(order).toEqual(golden.top5[photo]!.map(([index]) => index))
    }

    function expectProbes(layer: string, found: Float32Array, photo: number): void {
      const { probe_index: indices, photo: photos, shape } = golden.layers[layer]!
      const { probe, std, mean } = photos[photo]!
      expect(graph.nodes[nodeIndex(graph, layer)]!.shape).toEqual(shape)
      expectClose(
        indices.map((index) => found[index]!),
        probe,
        1e-3 * std,
      )
      expect(Math.abs(found.reduce((sum, value) => sum + value, 0) / found.length - mean)).toBeLessThan(1e-3 * std)
    }
  })
})

/** The logits where the network tells classes, else the features. */
function outputOf(graph: Graph): number {
  return scoreHead(graph).logits
}

/** Weights by the names that Keras gives them; notes each as Keras's list of tensors has it. */
function weightsIn(file: Hdf5File, asked: [string, readonly number[]][]): WeightsOf {
  return <Name extends string>(layer: string, shapes: Readonly<Record<Name, readonly number[]>>) => {
    const constants = Object.entries<readonly number[]>(shapes).map(([tensor, shape]) => {
      asked.push([`${layer}/${tensor}:0`, shape])
      const { read } = file.dataset(`/${layer}/${layer}/${tensor}:0`)
      return [tensor, lazyConstant(shape, read)]
    })
    return Object.fromEntries(constants) as Record<Name, Constant>
  }
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length)
  let largest = 0
  for (let i = 0; i < found.length; i++) largest = Math.max(largest, Math.abs(found[i]! - expected[i]!))
  expect(largest).toBeLessThan(tolerance)
}
