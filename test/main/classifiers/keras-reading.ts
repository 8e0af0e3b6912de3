import * as tf from '@tensorflow/tfjs'
import { expect, onTestFinished } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { readKerasH5 } from '#main/classifiers/keras-h5.ts'
import { readKerasZip } from '#main/classifiers/keras-zip.ts'
import { sizeOf } from '#main/tensor/graph.ts'
import { graphOfLayersModel } from '#main/tensor/layers-to-graph.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { relativeDifference } from '../tensor/layer-models.ts'
import { runNaively } from '../tensor/naive-graph.ts'

/** Reads an .h5 or .keras file; the model is disposed when the test ends. */
export async function readModel(path: string): Promise<tf.LayersModel> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const { model } = await (path.endsWith('.keras') ? readKerasZip(path) : readKerasH5(path))
  onTestFinished(() => void model.dispose())
  return model
}

/** Why a file cannot be read; no tensor may be left. */
export async function readingError(path: string): Promise<AppError> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const before = tf.memory().numTensors
  const error: unknown = await readModel(path).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(tf.memory().numTensors).toBe(before)
  if (error instanceof AppError) return error
  throw new Error('there was no AppError', { cause: error })
}

/** @returns what a model answers to a batch */
export function predict(model: tf.LayersModel, values: Float32Array, shape: readonly number[]): Float32Array {
  return tf.tidy(() => {
    const batch = tf.tensor(values, [values.length / sizeOf(shape), ...shape])
    return (model.predict(batch) as tf.Tensor).dataSync<'float32'>().slice()
  })
}

/** TF.js and nested loops must give the same for a photo; no layer may be one that only TF.js can compute. */
export function expectComputable(model: tf.LayersModel, photo: Float32Array, shape: readonly number[]): void {
  const graph = graphOfLayersModel(model, shape)
  expect(graph.nodes.filter(({ op }) => op === 'opaque').map(({ name }) => name)).toEqual([])
  const expected = runNaively(graph, Float64Array.from(photo))[graph.output]!
  expect(relativeDifference(predict(model, photo, shape), expected)).toBeLessThan(1e-5)
}
