import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { isSpatial } from '#main/tensor/graph.ts'
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

async function readSource(path: string): Promise<ModelSource> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const { model, sha256 } = await readLayersModel(path)
  try {
    const inputShape = imageShape(path, model)
    const sample = graphOfLayersModel(
      model,
      inputShape.map((n) => n ?? 224),
    )
    return {
      facts: {
        inputShape,
        nClasses: sample.nodes[sample.output]!.shape.reduce((product, n) => product * n, 1),
        layerNames: sample.nodes.map((node) => node.name),
        lastSpatialLayer: sample.nodes.findLast((node) => isSpatial(node))?.name ?? null,
      },
      sha256,
      graph: (shape) => graphOfLayersModel(model, shape),
      reference: async (input, shape) => {
        await tf.setBackend('wasm')
        return tf.tidy(() => {
          const output = model.predict(tf.tensor(input, [1, ...shape])) as tf.Tensor
          return new Float32Array(output.dataSync())
        })
      },
      dispose: () => void model.dispose(),
    }
  } catch (error) {
    model.dispose()
    throw error
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
