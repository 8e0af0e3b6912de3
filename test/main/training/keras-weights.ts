import { readFile } from 'node:fs/promises'
import * as h5wasm from 'h5wasm/node'
import * as tf from '@tensorflow/tfjs'

/** A Keras model from its `to_json`, with the weights of a Keras 2 weight file (groups by layer name). */
export async function readKerasModel(jsonPath: string, weightsPath: string): Promise<tf.LayersModel> {
  const modelTopology = JSON.parse(await readFile(jsonPath, 'utf8')) as Record<string, unknown>
  const model = await tf.loadLayersModel({ load: () => Promise.resolve({ modelTopology }) })
  const weights = await readKerasWeights(weightsPath)
  for (const layer of model.layers) {
    const values = weights.get(layer.name) ?? []
    const tensors = values.map(({ shape, data }) => tf.tensor(data, [...shape]))
    layer.setWeights(tensors)
    tf.dispose(tensors)
  }
  return model
}

interface KerasWeight {
  /** e.g. `bn1/gamma` */
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** By layer, in the order of its `weight_names`. */
export async function readKerasWeights(path: string): Promise<ReadonlyMap<string, readonly KerasWeight[]>> {
  await h5wasm.ready
  const file = new h5wasm.File(path, 'r')
  try {
    return new Map(
      stringsOf(file, 'layer_names').map((layer) => {
        const group = file.get(layer) as h5wasm.Group
        return [layer, stringsOf(group, 'weight_names').map((name) => readWeight(group, name))]
      }),
    )
  } finally {
    file.close()
  }
}

function stringsOf(group: h5wasm.Group, attribute: string): string[] {
  // an empty list comes as a Float64Array
  return Array.from((group.attrs[attribute]?.value ?? []) as ArrayLike<string>)
}

function readWeight(group: h5wasm.Group, name: string): KerasWeight {
  const dataset = group.get(name) as h5wasm.Dataset
  return { name: name.replace(/:0$/, ''), shape: dataset.shape!, data: new Float32Array(dataset.value as Float32Array) }
}
