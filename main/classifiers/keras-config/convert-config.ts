import { isOperation, layerOfOperation, type Replacement } from './arithmetic.ts'
import { callsOf, inputsOf, referencesAt, type Reference } from './convert-nodes.ts'
import { convertValues, listAt } from './convert-values.ts'
import {
  badConfig,
  isFromKeras,
  isObject,
  kerasObject,
  unsupported,
  type Json,
  type JsonObject,
  type KerasGeneration,
  type KerasObject,
} from './keras-object.ts'
import { refusalOf } from './refusals.ts'

/** A layer, or a model with its layers, in the order in which Keras lists them; what weights are looked up by. */
export interface LayerEntry {
  readonly name: string
  /** as in the file, also where TF.js's layer is of another class */
  readonly className: string
  /** null for a layer that is no model */
  readonly layers: readonly LayerEntry[] | null
}

export interface ConvertedModel {
  /** what TF.js's `loadLayersModel` takes as `modelTopology` */
  readonly topology: JsonObject
  readonly model: LayerEntry
}

interface ConvertedLayer {
  readonly json: JsonObject
  /** null for an operation: Keras does not count it among the layers */
  readonly entry: LayerEntry | null
}

/** Layers that keep their input at inference, and that TF.js lacks or applies at inference too. */
const trainingOnly: ReadonlySet<string> = new Set([
  ...['RandomFlip', 'RandomRotation', 'RandomZoom', 'RandomTranslation', 'RandomContrast', 'RandomBrightness'],
  ...['RandomHeight', 'RandomWidth', 'RandomShear', 'RandomErasing', 'RandomGaussianBlur'],
  ...['RandomSaturation', 'RandomSharpness', 'RandomColorJitter', 'RandomGrayscale', 'RandomPosterization'],
  ...['SpatialDropout2D', 'ActivityRegularization'],
])

/**
 * Rewrites the description of a Sequential or functional model, as Keras 2 or Keras 3 stores it, into the form of
 * Keras 2 that TF.js reads. Custom classes and what TF.js would compute otherwise are refused by name.
 * @throws AppError 'model.format', 'model.layer-unknown'
 */
export function convertKerasConfig(description: Json, generation: KerasGeneration): ConvertedModel {
  const model = kerasObject(description, 'the model')
  if (!isModel(model)) {
    throw unsupported(
      `the model is of the class ${model.className}, neither Sequential nor functional`,
      model.className,
    )
  }
  const { json, entry } = convertLayer(model, generation)
  return { topology: json, model: entry }
}

function isModel({ className, config }: KerasObject): boolean {
  return className === 'Sequential' || ((className === 'Functional' || className === 'Model') && 'layers' in config)
}

/** @returns the layer without its calls */
function convertLayer(layer: KerasObject, generation: KerasGeneration): ConvertedLayer & { entry: LayerEntry } {
  const { className, name } = layer
  if (!isFromKeras(layer)) throw unsupported(`the layer ${name} is of the custom class ${className}`, className)
  if (isModel(layer)) return convertModel(layer, generation)
  const refusal = refusalOf(className, layer.config)
  if (refusal !== null) {
    throw unsupported(`the layer ${name} (${className}) ${refusal}`, className, 'Export the model as ONNX instead.')
  }
  const config = { ...ownForm(className, convertValues(layer.config, name, generation)), name }
  const ownClass = trainingOnly.has(className) ? 'PassThrough' : className
  return { json: { class_name: ownClass, name, config }, entry: { name, className, layers: null } }
}

/** What TF.js calls otherwise, or cannot bear. */
function ownForm(className: string, config: JsonObject): JsonObject {
  if (className === 'LeakyReLU') return { ...config, alpha: config['alpha'] ?? config['negative_slope'] ?? 0.3 }
  if (className !== 'SeparableConv2D') return config
  const { kernel_initializer: _, kernel_regularizer: __, kernel_constraint: ___, ...others } = config
  return others
}

function convertModel(model: KerasObject, generation: KerasGeneration): ConvertedLayer & { entry: LayerEntry } {
  const { className, name, config } = model
  const layers = listAt(config, 'layers', `the model ${name}`).map((layer, i) =>
    kerasObject(layer, `layer ${i} of the model ${name}`),
  )
  requireOwnNames(name, layers)
  const isSequential = className === 'Sequential'
  const converted = isSequential
    ? layers.map((layer) => convertLayer(layer, generation))
    : layers.map((layer) => convertCalled(layer, layers, generation))
  const json: JsonObject = {
    class_name: isSequential ? 'Sequential' : 'Model',
    name,
    config: {
      name,
      layers: isSequential ? withInputShape(converted, config) : converted.map((layer) => layer.json),
      ...(isSequential ? {} : ends(model, layers, generation)),
    },
  }
  const entries = converted.flatMap(({ entry }) => entry ?? [])
  return { json, entry: { name, className, layers: entries } }
}

/** Layers are found by their names: two of one name would share their weights. */
function requireOwnNames(model: string, layers: readonly KerasObject[]): void {
  const names = new Set<string>()
  for (const { name, className } of layers) {
    if (name === '') throw badConfig(`a layer of the model ${model} (${className}) has no name`)
    if (names.has(name)) throw badConfig(`the model ${model} has two layers called ${name}`)
    names.add(name)
  }
}

/** Keras 2 may keep the shape of a Sequential's input beside its layers. */
function withInputShape(layers: readonly ConvertedLayer[], config: JsonObject): Json {
  const [first, ...others] = layers.map(({ json }) => json)
  const shape = config['build_input_shape'] ?? config['batch_input_shape']
  const own = first?.['config']
  if (!first || !isObject(own) || shape === undefined || 'batch_input_shape' in own || 'layers' in own) {
    return layers.map(({ json }) => json)
  }
  return [{ ...first, config: { ...own, batch_input_shape: shape } }, ...others]
}

/** A layer with its calls inside a functional model. */
function convertCalled(layer: KerasObject, all: readonly KerasObject[], generation: KerasGeneration): ConvertedLayer {
  const isNew = !Array.isArray(layer.inboundNodes[0])
  const calls = callsOf(layer)
  const nodesOf = (inputs: readonly Reference[]): Json => {
    if (inputs.length === 0) throw badConfig(`a call of the layer ${layer.name} takes nothing`)
    return inputs.map(({ layer: from, node, tensor }) => [from, isNew ? node + ownNodes(from, all) : node, tensor, {}])
  }
  if (!isOperation(layer)) {
    const { json, entry } = convertLayer(layer, generation)
    return { json: { ...json, inbound_nodes: calls.map((call) => nodesOf(inputsOf(call, layer))) }, entry }
  }
  const [call, ...more] = calls
  if (!call || more.length > 0) throw badConfig(`the operation ${layer.name} is called ${calls.length} times`)
  const { inputs, ...replacement } = layerOfOperation(layer, call)
  return { json: { ...jsonOf(replacement, layer.name), inbound_nodes: [nodesOf(inputs)] }, entry: null }
}

function jsonOf({ className, config }: Omit<Replacement, 'inputs'>, name: string): JsonObject {
  return { class_name: className, name, config: { ...config, name, dtype: 'float32' } }
}

/**
 * In TF.js as in Keras 2 the calls of a nested model are counted from 1: its own construction is call 0. In the calls
 * that Keras 3 writes down they are counted from 0.
 */
function ownNodes(name: string, layers: readonly KerasObject[]): number {
  const layer = layers.find((candidate) => candidate.name === name)
  return layer && isModel(layer) ? 1 : 0
}

/** Inputs and outputs: there Keras 3 too counts the calls of a nested functional model from 1, a Sequential's from 0. */
function ends({ name, config }: KerasObject, layers: readonly KerasObject[], generation: KerasGeneration): JsonObject {
  const isSequential = (from: string): boolean =>
    layers.some((layer) => layer.name === from && layer.className === 'Sequential')
  const listed = (key: string): Json =>
    referencesAt(config[key], name).map(({ layer, node, tensor }) => {
      const shift = generation === 3 && isSequential(layer) ? 1 : 0
      return [layer, node + shift, tensor]
    })
  return { input_layers: listed('input_layers'), output_layers: listed('output_layers') }
}
