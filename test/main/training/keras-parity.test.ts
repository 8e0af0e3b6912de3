import { readFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Runtime } from '#main/tensor/runtime.ts'
import { registerKerasLayers } from '#main/tensor/tfjs/keras-layers.ts'
import { nativeRuntime } from '#main/tensor/tfjs/native-runtime.ts'
import type { BackendName } from '#main/tensor/tfjs/tfjs-runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { train } from '#main/training/train.ts'
import type { Batch } from '#main/training/training-step.ts'
import { describeWithNative } from '../../builders/native-tensorflow.ts'

/** Made by test/fixtures/training/make_partial.py with Keras 2.15. */
interface Fixture {
  readonly frozen: readonly string[]
  /** [steps, batch, classes] */
  readonly labels: readonly (readonly (readonly number[])[])[]
  readonly runs: readonly {
    readonly loss: 'binary_crossentropy' | 'categorical_crossentropy'
    readonly optimizer: 'new' | 'legacy'
    readonly learning_rate: number
    readonly topology: Record<string, unknown>
    readonly initial: Readonly<Record<string, readonly number[]>>
    readonly losses: readonly number[]
    readonly final: Readonly<Record<string, readonly number[]>>
  }[]
}

const imageSize = 12 * 12 * 3

describe('training against Keras 2.15 where only some layers are trained', () => parity(wasmRuntime, 'wasm'))

describeWithNative('training on native TensorFlow against Keras 2.15', () => parity(nativeRuntime, 'tensorflow'))

function parity(runtime: Runtime, backend: BackendName): void {
  let fixture: Fixture

  beforeAll(async () => {
    await runtime.start()
    await tf.setBackend(backend)
    registerKerasLayers()
    const path = new URL('../../fixtures/training/partial.json', import.meta.url)
    fixture = JSON.parse(await readFile(path, 'utf8')) as Fixture
  })

  for (const loss of ['binary_crossentropy', 'categorical_crossentropy'] as const) {
    it(`gives Keras’s losses and weights: frozen batch normalisation, regulariser, ${loss}`, async () => {
      const run = fixture.runs.find((one) => one.loss === loss)!
      const model = await readModel(run.topology, run.initial)
      const losses: number[] = []
      await train({
        model,
        backend,
        batches: () => batchesOf(fixture),
        epochs: 1,
        optimizer: { kind: 'rmsprop', form: run.optimizer, learningRate: run.learning_rate },
        loss: loss === 'binary_crossentropy' ? 'binary-crossentropy-logits' : 'categorical-crossentropy',
        seed: 1,
        trainable: ({ name }) => !fixture.frozen.includes(name),
        onStep: (report) => losses.push(report.loss),
      })
      losses.forEach((value, i) => expect(Math.abs(value / run.losses[i]! - 1)).toBeLessThan(1e-5))
      for (const weight of model.weights) {
        const name = weight.originalName
        const isFrozen = fixture.frozen.some((layer) => name.startsWith(`${layer}/`))
        const expected = isFrozen ? run.initial[name]! : run.final[name]!
        const values = weight.read().dataSync()
        // two runs of Keras with different CPU kernels differ by up to 2.4e-7
        const tolerance = isFrozen ? 1e-8 : 2e-6
        expected.forEach((value, i) => expect(Math.abs(values[i]! - value), name).toBeLessThan(tolerance))
      }
      model.dispose()
    })
  }
}

async function readModel(
  modelTopology: Record<string, unknown>,
  initial: Readonly<Record<string, readonly number[]>>,
): Promise<tf.LayersModel> {
  const model = await tf.loadLayersModel({ load: () => Promise.resolve({ modelTopology }) })
  for (const weight of model.weights) {
    const value = tf.tensor([...initial[weight.originalName]!], weight.shape as number[])
    weight.write(value)
    value.dispose()
  }
  return model
}

/** The images that the script makes: multiples of 1/128. */
function batchesOf({ labels }: Fixture): Batch[] {
  return labels.map((batch, step) => ({
    x: Float32Array.from({ length: batch.length * imageSize }, (_, i) => {
      return ((((step * batch.length * imageSize + i) * 7919) % 257) - 128) / 128
    }),
    y: Float32Array.from(batch.flat()),
  }))
}
