import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { isSpatial, sizeOf, type Graph } from '#main/tensor/graph.ts'
import { graphOfLayersModel } from '#main/tensor/layers-to-graph.ts'
import { readLayersModel } from '#main/tensor/read-layers-model.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import type { ClassifierFormat, ModelSource } from './format.ts'

/** TF.js layers-model: model.json and weight shards, as Keras's converter and Teachable Machine write it. */
export const layersModelFormat: ClassifierFormat = {
  id: 'layers-model',
  label: 'TF.js layers-model (model.json)',
  endings: ['.json'],
  read: readSource,
}

/** Side of the input for which a model that leaves it open is looked at. */
const sampleSide = 224

async function readSource(path: string): Promise<ModelSource> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const { model, sha256 } = await readLayersModel(path)
  try {
    const inputShape = imageShape(path, model)
    const sampleShape = inputShape.map((n) => n ?? sampleSide)
    const sample = unfold(path, model, sampleShape)
    return {
      facts: {
        inputShape,
        nClasses: sizeOf(sample.nodes[sample.output]!.shape),
        layerNames: sample.nodes.map((node) => node.name),
        lastSpatialLayer: sample.nodes.filter((node) => isSpatial(node)).at(-1)?.name ?? null,
      },
      sha256,
      graph: (shape) => (shape.join() === sampleShape.join() ? sample : unfold(path, model, shape)),
      reference: (input, shape) => predictOne(path, model, input, shape),
      dispose: () => void model.dispose(),
    }
  } catch (error) {
    model.dispose()
    throw error
  }
}

/** @throws AppError 'model.format' naming the file */
function unfold(path: string, model: tf.LayersModel, shape: readonly number[]): Graph {
  try {
    return graphOfLayersModel(model, shape)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    throw new AppError(error.code, `${path}: ${error.message}`, { ...hint, cause: error })
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
