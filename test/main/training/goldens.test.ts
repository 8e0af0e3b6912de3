import { readFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, expect, it } from 'vitest'
import { readNpy } from '#main/files/npy.ts'
import { readLayersModel } from '#main/tensor/read-layers-model.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import type { LossId } from '#main/training/losses.ts'
import { train } from '#main/training/train.ts'
import type { Batch } from '#main/training/training-step.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { readKerasModel, readKerasWeights } from './keras-weights.ts'

type NormAndSum = readonly [norm: number, sum: number]
interface KerasRun {
  readonly optimizer: 'new' | 'legacy'
  readonly learning_rate: number
  readonly loss: 'binary_crossentropy' | 'categorical_crossentropy'
  readonly losses: readonly number[]
  readonly final: Readonly<Record<string, NormAndSum>>
  readonly final_file: string
  readonly final_prediction_first_batch: readonly (readonly number[])[]
}
interface MobilenetRun extends Pick<KerasRun, 'optimizer' | 'learning_rate' | 'losses' | 'final'> {
  readonly norm_of_change: Readonly<Record<string, number>>
  readonly prediction_after: readonly (readonly number[])[]
}
interface MobilenetGolden {
  readonly labels: readonly (readonly number[])[]
  readonly prediction_before: readonly (readonly number[])[]
  readonly runs: readonly MobilenetRun[]
}
interface TinyGolden {
  readonly initial_prediction_first_batch: readonly (readonly number[])[]
  readonly runs: readonly KerasRun[]
}

const lossIdOf = {
  binary_crossentropy: 'binary-crossentropy-logits',
  categorical_crossentropy: 'categorical-crossentropy',
} as const satisfies Record<KerasRun['loss'], LossId>

/** Two runs of Keras with different CPU kernels differ by up to 7e-6 (losses) and 2.4e-6 (norms); ours from it by as much. */
const tinyTolerance = 1e-4
/** By 9e-6 (losses), 4e-5 (norms), 0.8 % (norms of the change): a first step of RMSprop is little but the sign of g. */
const mobilenetTolerance = { losses: 1e-3, norms: 1e-3, changes: 0.03 }

describeWithData('training against Keras 2.15, ten steps of the tiny network', () => {
  const at = (name: string): string => testData(`goldens/training/${name}`)
  let golden: TinyGolden
  let batches: Batch[]

  beforeAll(async () => {
    await wasmRuntime.start()
    await tf.setBackend('wasm')
    golden = JSON.parse(await readFile(at('tiny.json'), 'utf8')) as TinyGolden
    batches = await readBatches(at('tiny_batches.npy'), at('tiny_labels.npy'))
  })

  it('starts from the network that Keras started from', async () => {
    const model = await readKerasModel(at('tiny_model.json'), at('tiny_initial.h5'))
    expectClose(predict(model, batches[0]!), golden.initial_prediction_first_batch.flat(), 1e-5)
    model.dispose()
  })

  for (const optimizer of ['new', 'legacy'] as const) {
    for (const rate of [1e-3, 1e-5]) {
      for (const loss of ['binary_crossentropy', 'categorical_crossentropy'] as const) {
        it(`gives Keras’s losses and weights: RMSprop ${optimizer}, learning rate ${rate}, ${loss}`, async () => {
          const expected = golden.runs.find(
            (run) => run.optimizer === optimizer && run.learning_rate === rate && run.loss === loss,
          )!
          const model = await readKerasModel(at('tiny_model.json'), at('tiny_initial.h5'))
          const losses: number[] = []
          await train({
            model,
            backend: 'wasm',
            batches: () => batches,
            epochs: 1,
            optimizer: { kind: 'rmsprop', form: optimizer, learningRate: rate },
            loss: lossIdOf[loss],
            seed: 1,
            onStep: (report) => losses.push(report.loss),
          })
          expectRelative(losses, expected.losses, tinyTolerance)
          expectNorms(normsOf(model), expected.final, tinyTolerance)
          await expectValues(model, at(expected.final_file))
          expectClose(predict(model, batches[0]!), expected.final_prediction_first_batch.flat(), 1e-4)
          model.dispose()
        })
      }
    }
  }
})

describeWithData('training against Keras 2.15, three steps of a MobileNet 0.25 with real weights', () => {
  const at = (name: string): string => testData(`goldens/training/${name}`)
  let golden: MobilenetGolden
  let batch: Batch

  beforeAll(async () => {
    await wasmRuntime.start()
    await tf.setBackend('wasm')
    golden = JSON.parse(await readFile(at('mobilenet.json'), 'utf8')) as MobilenetGolden
    const images = await readNpy(at('mobilenet_batch.npy'))
    batch = { x: scaled(images.data), y: Float32Array.from(golden.labels.flat()) }
  })

  for (const optimizer of ['new', 'legacy'] as const) {
    it(`gives Keras’s losses, norms and predictions: RMSprop ${optimizer}, every layer trained`, async () => {
      // at the golden’s other learning rate, 1e-3, two runs of Keras differ by up to 55 %
      const expected = golden.runs.find((run) => run.optimizer === optimizer && run.learning_rate === 1e-5)!
      const model = await readMobilenet(at)
      expectClose(predict(model, batch), golden.prediction_before.flat(), 1e-4)
      const before = model.weights.map((weight) => new Float32Array(weight.read().dataSync()))
      const losses: number[] = []
      await train({
        model,
        backend: 'wasm',
        batches: () => [batch, batch, batch],
        epochs: 1,
        optimizer: { kind: 'rmsprop', form: optimizer, learningRate: 1e-5 },
        loss: 'binary-crossentropy-logits',
        seed: 1,
        trainable: () => true,
        onStep: (report) => losses.push(report.loss),
      })
      expectRelative(losses, expected.losses, mobilenetTolerance.losses)
      expectNorms(normsOf(model), expected.final, mobilenetTolerance.norms)
      const changes = changesOf(model, before)
      const names = Object.keys(expected.norm_of_change)
      expectRelative(
        names.map((name) => changes[name]!),
        names.map((name) => expected.norm_of_change[name]!),
        mobilenetTolerance.changes,
      )
      expectClose(predict(model, batch), expected.prediction_after.flat(), 5e-3)
      model.dispose()
    })
  }
})

/** MobileNet 0.25 up to conv_pw_13_relu, then Flatten, Dense 512, Dense 2 with the golden's repeated kernels. */
async function readMobilenet(at: (name: string) => string): Promise<tf.LayersModel> {
  const { model: whole } = await readLayersModel(testData('data/mobilenet-v1-0.25-tfjs/model.json'))
  const flat = tf.layers.flatten().apply(whole.getLayer('conv_pw_13_relu').output) as tf.SymbolicTensor
  const dense1 = tf.layers.dense({ name: 'dense_1', units: 512, activation: 'relu' })
  const dense2 = tf.layers.dense({ name: 'dense_2', units: 2, activation: 'softmax' })
  const output = dense2.apply(dense1.apply(flat)) as tf.SymbolicTensor
  for (const [layer, shape] of [
    [dense1, [12544, 512]],
    [dense2, [512, 2]],
  ] as const) {
    const { data: vector } = await readNpy(at(`mobilenet_${layer.name}_kernel_vector.npy`))
    const kernel = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => vector[i % vector.length]!)
    const values = [tf.tensor(kernel, [...shape]), tf.zeros([shape[1]])]
    layer.setWeights(values)
    tf.dispose(values)
  }
  return tf.model({ inputs: whole.inputs, outputs: output })
}

async function readBatches(imagesPath: string, labelsPath: string): Promise<Batch[]> {
  const [images, labels] = [await readNpy(imagesPath), await readNpy(labelsPath)]
  const n = images.shape[0]!
  const part = <Data extends { length: number; slice(from: number, to: number): Data }>(data: Data, i: number): Data =>
    data.slice((i * data.length) / n, ((i + 1) * data.length) / n)
  return Array.from({ length: n }, (_, i) => ({
    x: scaled(part(images.data as Uint8Array, i)),
    y: Float32Array.from(part(labels.data as Float32Array, i)),
  }))
}

/** As NumPy scales in float32. */
function scaled(bytes: ArrayLike<number>): Float32Array {
  return Float32Array.from(bytes, (value) => Math.fround(value / 127.5) - 1)
}

function predict(model: tf.LayersModel, { x }: Batch): Float32Array {
  const shape = model.inputs[0]!.shape.slice(1) as number[]
  const input = tf.tensor(x, [x.length / tf.util.sizeFromShape(shape), ...shape])
  const output = model.predict(input) as tf.Tensor
  const values = new Float32Array(output.dataSync())
  tf.dispose([input, output])
  return values
}

function normsOf(model: tf.LayersModel): Record<string, NormAndSum> {
  return Object.fromEntries(
    model.weights.map((weight) => {
      const values = weight.read().dataSync()
      return [weight.originalName, [normOf(values), sumOf(values)]]
    }),
  )
}

function changesOf(model: tf.LayersModel, before: readonly Float32Array[]): Record<string, number> {
  return Object.fromEntries(
    model.weights.map((weight, i) => {
      const after = weight.read().dataSync()
      return [weight.originalName, normOf(before[i]!.map((value, at) => value - after[at]!))]
    }),
  )
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum
}

function normOf(values: ArrayLike<number>): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2
  return Math.sqrt(squares)
}

/** Every weight by itself: the largest difference that was seen is 9e-6. */
async function expectValues(model: tf.LayersModel, kerasPath: string): Promise<void> {
  const expected = [...(await readKerasWeights(kerasPath)).values()].flat()
  expect(expected.length).toBe(model.weights.length)
  for (const { name, data } of expected) {
    const weight = model.weights.find(({ originalName }) => originalName === name)!
    expectClose(weight.read().dataSync(), [...data], 5e-5)
  }
}

/** A sum may be near 0 where the values are not: its error is taken relative to the norm. */
function expectNorms(
  found: Readonly<Record<string, NormAndSum>>,
  expected: Readonly<Record<string, NormAndSum>>,
  tolerance: number,
): void {
  for (const [name, [norm, sum]] of Object.entries(expected)) {
    const [foundNorm, foundSum] = found[name]!
    expect(Math.abs(foundNorm / norm - 1), `norm of ${name}`).toBeLessThan(tolerance)
    expect(Math.abs(foundSum - sum) / Math.max(norm, Math.abs(sum)), `sum of ${name}`).toBeLessThan(tolerance)
  }
}

function expectRelative(values: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(values.length).toBe(expected.length)
  expected.forEach((value, i) => expect(Math.abs(values[i]! / value - 1)).toBeLessThan(tolerance))
}

function expectClose(values: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(values.length).toBe(expected.length)
  expected.forEach((value, i) => expect(Math.abs(values[i]! - value)).toBeLessThan(tolerance))
}
