import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { lastSpatialLayer, sizeOf, type Graph } from '#main/tensor/graph.ts'
import { graphOfLayersModel } from '#main/tensor/layers-to-graph.ts'
import type { LayersModelFile } from '#main/tensor/read-layers-model.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import type { ModelSource } from './format.ts'
import { namingFile } from './naming-file.ts'

/** Side of the input for which a model that leaves it open is looked at. */
const sampleSide = 224

/**
 * A classifier of a file that is read into a TF.js layers-model, of which it takes charge: where it is none, the model
 * is disposed.
 * @param path the file that is named in errors
 * @param read makes the model; TensorFlow.js runs on WebAssembly then
 * @throws AppError 'model.format' where it is no classifier of colour images; what `read` throws
 */
export async function sourceOfLayersModel(path: string, read: () => Promise<LayersModelFile>): Promise<ModelSource> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const { model, sha256 } = await read()
  try {
    const inputShape = imageShape(path, model)
    const sampleShape = inputShape.map((n) => n ?? sampleSide)
    const unfold = (shape: readonly number[]): Graph => namingFile(path, () => graphOfLayersModel(model, shape))
    const sample = unfold(sampleShape)
    return {
      facts: {
        inputShape,
        nClasses: sizeOf(sample.nodes[sample.output]!.shape),
        layerNames: sample.nodes.map((node) => node.name),
        lastSpatialLayer: lastSpatialLayer(sample),
      },
      sha256,
      isReadLater: true,
      graph: (shape) => (shape.join() === sampleShape.join() ? sample : unfold(shape)),
      referenceName: 'TensorFlow.js',
      reference: (input, shape) => predictOne(path, model, input, shape),
      dispose: () => void model.dispose(),
    }
  } catch (error) {
    model.dispose()
    throw error
  }
}

/** @throws AppError 'model.check-failed' where TensorFlow.js itself cannot compute the model, e.g. lacks a kernel */
async function predictOne(
  path: string,
  model: tf.LayersModel,
  input: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  await tf.setBackend('wasm')
  try {
    const output = tf.tidy(() => model.predict(tf.tensor(input, [1, ...shape])) as tf.Tensor)
    const values = new Float32Array(output.dataSync())
    output.dispose()
    return values
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new AppError('model.check-failed', `${path}: TensorFlow.js cannot compute this model: ${message}`, { cause })
  }
}

/** [height, width, 3] */
function imageShape(path: string, model: tf.LayersModel): (number | null)[] {
  const shape = model.inputs[0]?.shape.slice(1) ?? []
  if (shape.length === 3 && shape[2] === 3) return shape
  throw new AppError('model.format', `${path} takes inputs of shape [${shape.join(', ')}], not colour images`, {
    hint: 'Classifiers of RGB images, [height, width, 3], can be audited.',
  })
}
