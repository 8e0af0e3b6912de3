import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { buildLayersModel } from '#main/tensor/build-layers-model.ts'
import { sizeOf } from '#main/tensor/graph.ts'
import { buildWithFileZeros } from '#main/tensor/tfjs/file-zeros.ts'
import { convertKerasConfig, type LayerEntry } from './keras-config/convert-config.ts'
import { parseConfig, type KerasGeneration } from './keras-config/keras-object.ts'
import { namingFile } from './naming-file.ts'
import type { StoredTensor } from '#main/files/stored-layers.ts'

/** A layer that has weights, with the names of the models around it and its own; the outermost model is not named. */
export interface WeightedLayer {
  readonly trail: readonly string[]
  readonly weightNames: readonly string[]
}

/** A model as TF.js has it, with the layers as the file lists them. Weights are still to be set. */
export interface KerasModel {
  readonly model: tf.LayersModel
  readonly entry: LayerEntry
}

/** No more than WebAssembly's memory holds. */
const mostWeights = 0.9e9
/** 256 MB: what a model may take whatever the size of its file. */
const alwaysAllowed = 2 ** 26

/**
 * Builds the model that a Keras file describes, all weights 0.
 * @param text JSON of the description
 * @param sizeBytes size of the file: bounds the number of weights
 * @throws AppError 'model.format', 'model.layer-unknown', naming the file
 */
export async function buildKerasModel(
  path: string,
  { text, generation, sizeBytes }: { text: string; generation: KerasGeneration; sizeBytes: number },
): Promise<KerasModel> {
  const { topology, model: entry } = namingFile(path, () => convertKerasConfig(parseConfig(text), generation))
  // half precision has 2 bytes a weight; trained weights cannot be packed much closer
  const maxWeights = Math.min(mostWeights, alwaysAllowed + 2 * sizeBytes)
  const model = await buildWithFileZeros(maxWeights, () => buildLayersModel(path, { modelTopology: { ...topology } }))
  return { model, entry }
}

/** Sets all weights of a model, one tensor at a time. */
export function setWeights(
  { model, entry }: KerasModel,
  tensorsOf: (layer: WeightedLayer) => readonly StoredTensor[],
): void {
  for (const { layer, trail } of leavesOf(model, entry)) {
    const weights = layer.weights
    const weightNames = weights.map(({ originalName }) => originalName.slice(originalName.lastIndexOf('/') + 1))
    const stored = tensorsOf({ trail, weightNames })
    requireSameNumber(trail, weightNames, stored)
    weights.forEach((weight, i) => {
      tf.tidy(() => void weight.write(toTensor(stored[i]!, weight.shape as number[], trail)))
    })
  }
}

interface Leaf {
  readonly layer: tf.layers.Layer
  readonly trail: readonly string[]
}

/** The layers of a model and of the models in it, each once. */
function* leavesOf(
  container: tf.LayersModel,
  entry: LayerEntry,
  trail: readonly string[] = [],
): Generator<Leaf, undefined, undefined> {
  for (const child of entry.layers ?? []) {
    const layer = container.getLayer(child.name)
    const own = [...trail, child.name]
    if (child.layers) yield* leavesOf(layer as unknown as tf.LayersModel, child, own)
    else yield { layer, trail: own }
  }
}

function requireSameNumber(trail: readonly string[], wanted: readonly string[], found: readonly StoredTensor[]): void {
  if (found.length === wanted.length) return
  const layer = trail.join('/')
  if (found.length === 0) throw misfit(`the weights of the layer ${layer} are missing (${wanted.join(', ')})`, layer)
  const extra = found[wanted.length]?.name
  const what = extra === undefined ? `${layer}/${wanted[found.length]!} is missing` : `${extra} belongs to no weight`
  throw misfit(`${what}: the layer ${layer} has ${wanted.length} tensors, the file ${found.length}`, layer)
}

/** @throws AppError 'model.format' for another shape, 'model.weights-not-finite' */
function toTensor(stored: StoredTensor, shape: readonly number[], trail: readonly string[]): tf.Tensor {
  if (stored.shape.join() !== shape.join()) {
    const found = `[${stored.shape.join(', ')}]`
    throw misfit(
      `${stored.name} has the shape ${found}, the layer ${trail.join('/')} needs [${shape.join(', ')}]`,
      stored.name,
    )
  }
  const values = stored.read()
  if (values.length !== sizeOf(shape) || !values.every(Number.isFinite)) {
    throw new AppError('model.weights-not-finite', `the weights ${stored.name} hold NaN or infinity`, {
      hint: 'The training that made this file diverged, or the file is damaged.',
      data: { tensor: stored.name },
    })
  }
  return tf.tensor(values, [...shape])
}

/** @param tensor the tensor, or the layer, that does not fit */
export function misfit(message: string, tensor: string): AppError {
  return new AppError('model.format', message, {
    hint: 'The weights belong to another model than the file describes: save the model again with model.save().',
    data: { tensor },
  })
}
