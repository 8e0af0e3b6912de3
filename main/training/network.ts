import type * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { learntWeights } from './batch-normalisation.ts'

type Layer = tf.layers.Layer

/** One call of a layer of the model. */
export interface NetworkNode {
  /** null: the input */
  readonly layer: Layer | null
  /** indices of the nodes whose values are the inputs */
  readonly inputs: readonly number[]
  /** of its value, with the batch in front */
  readonly shape: readonly (number | null)[]
  /** its weights are trained, and its batch normalisation goes by the batch */
  readonly isTrained: boolean
  /** nothing before it is trained, nor itself: it needs no gradient */
  readonly isFrozen: boolean
}

/** A layers-model as training sees it: nested models unfolded, layers in the order in which they run. */
export interface TrainingNetwork {
  readonly nodes: readonly NetworkNode[]
  /** index of the node whose output the loss is computed from, after its activation */
  readonly head: number
  readonly activation: 'softmax' | 'sigmoid'
  /** [height, width, channels] */
  readonly inputShape: readonly number[]
  readonly nClasses: number
  /** the weights that are trained, in the order of the nodes */
  readonly weights: readonly tf.LayerVariable[]
  /** layers whose regularisers add to the loss, frozen or not, as in Keras */
  readonly regularised: readonly Layer[]
}

interface Container {
  readonly inputs: readonly tf.SymbolicTensor[]
  readonly outputs: readonly tf.SymbolicTensor[]
}

/**
 * @param isTrainable says for each layer (of nested models too) whether its weights are trained
 * @throws AppError 'training.model' where the model is no image classifier with softmax or sigmoid at its end, has
 *   layers whose random numbers cannot be repeated, or nothing to train
 */
export function planNetwork(model: tf.LayersModel, isTrainable: (layer: Layer) => boolean): TrainingNetwork {
  const [input, output] = [model.inputs[0], model.outputs[0]]
  if (!input || !output || model.inputs.length > 1 || model.outputs.length > 1) {
    throw new AppError('training.model', 'only models with one input and one output can be trained')
  }
  const nodes: NetworkNode[] = [{ layer: null, inputs: [], shape: input.shape, isTrained: false, isFrozen: true }]
  const last = appendNodes(nodes, isTrainable, output, new Map([[input.id, 0]]))
  const { head, activation } = findHead(nodes, last)
  const trained = nodes.flatMap(({ layer, isTrained }) => (layer && isTrained ? weightsOf(layer) : []))
  const layers = nodes.flatMap(({ layer }) => layer ?? [])
  if (trained.length === 0) {
    throw new AppError('training.model', 'every layer is frozen: there is nothing to train')
  }
  return {
    nodes,
    head,
    activation,
    inputShape: fixedShape(input.shape, 'input'),
    nClasses: fixedShape(output.shape, 'output').reduce((product, n) => product * n, 1),
    // a layer that is called twice has its weights once
    weights: [...new Set(trained)],
    // not `model.calculateLosses()`: that finds none in a Sequential, and counts a layer that is called twice twice
    regularised: [...new Set(layers)].filter((layer) => layer.losses.length > 0),
  }
}

/** Appends what a symbolic tensor depends on, then what computes it. @returns index of the latter */
function appendNodes(
  nodes: NetworkNode[],
  isTrainable: (layer: Layer) => boolean,
  tensor: tf.SymbolicTensor,
  known: Map<number, number>,
): number {
  const done = known.get(tensor.id)
  if (done !== undefined) return done
  const layer = tensor.sourceLayer
  const { inputTensors } = layer.inboundNodes[tensor.nodeIndex]!
  const inputs = inputTensors.map((input) => appendNodes(nodes, isTrainable, input, known))
  let index: number
  if (isContainer(layer)) {
    const inside = new Map(layer.inputs.map((inner, i) => [inner.id, inputs[i]!]))
    index = appendNodes(nodes, isTrainable, layer.outputs[tensor.tensorIndex]!, inside)
  } else {
    const isTrained = weightsOf(layer).length > 0 && isTrainable(layer)
    const isFrozen = !isTrained && inputs.every((input) => nodes[input]!.isFrozen)
    requireTrainable(layer, inputTensors[0]?.shape.length ?? 0, isFrozen)
    index = nodes.push({ layer, inputs, shape: tensor.shape, isTrained, isFrozen }) - 1
  }
  known.set(tensor.id, index)
  return index
}

function isContainer(layer: Layer): layer is Layer & Container {
  return 'layers' in layer && 'outputs' in layer
}

function weightsOf(layer: Layer): tf.LayerVariable[] {
  return layer.getClassName() === 'BatchNormalization' ? learntWeights(layer) : layer.weights
}

const unrepeatable = ['GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'SpatialDropout1D']

function requireTrainable(layer: Layer, rank: number, isFrozen: boolean): void {
  const [className, config] = [layer.getClassName(), layer.getConfig()]
  if (unrepeatable.includes(className)) {
    throw new AppError('training.model', `the layer “${layer.name}” (${className}) draws numbers that no seed repeats`)
  }
  const axis = Number([config['axis']].flat()[0] ?? -1)
  if (className === 'BatchNormalization' && axis !== -1 && axis !== rank - 1) {
    throw new AppError('training.model', `the layer “${layer.name}” normalises along another axis than the last`)
  }
  const dilations = [config['dilationRate'] ?? 1].flat() as number[]
  if (!isFrozen && dilations.some((dilation) => dilation !== 1)) {
    throw new AppError('training.model', `the layer “${layer.name}” is dilated: TensorFlow.js has no gradient of it`, {
      hint: 'Freeze it and the layers before it.',
    })
  }
}

/** Goes back from the output, over changes of shape, to the activation that makes probabilities. */
function findHead(nodes: readonly NetworkNode[], last: number): Pick<TrainingNetwork, 'head' | 'activation'> {
  let head = last
  while (['Flatten', 'Reshape'].includes(nodes[head]!.layer?.getClassName() ?? '')) head = nodes[head]!.inputs[0]!
  const { layer, shape } = nodes[head]!
  const className = layer?.getClassName() ?? 'InputLayer'
  const name = className === 'Softmax' ? 'softmax' : layer?.getConfig()['activation']
  // one distribution an image, not one in each of several cells
  const isOne = shape.slice(1, -1).every((length) => length === 1)
  if (isOne && ['Dense', 'Activation', 'Softmax'].includes(className) && (name === 'softmax' || name === 'sigmoid')) {
    return { head, activation: name }
  }
  throw new AppError('training.model', `the model ends in “${layer?.name ?? 'input'}” (${className})`, {
    hint: 'It must end in softmax or sigmoid over the classes, in a layer Dense, Activation or Softmax.',
  })
}

function fixedShape(shape: readonly (number | null)[], what: string): number[] {
  return shape.slice(1).map((n) => {
    if (n !== null) return n
    throw new AppError('training.model', `the size of the model’s ${what} is open`, {
      hint: 'Load the model with a fixed input size.',
    })
  })
}
