import {
  badConfig,
  isList,
  isObject,
  nameOf,
  unsupported,
  type Json,
  type JsonObject,
  type KerasGeneration,
} from './keras-object.ts'

/** Class of the initialisers of all weights: see `FileZeros` of main/tensor/tfjs. */
const initializer: JsonObject = { class_name: 'FileZeros', config: {} }

/** Keras's activations that TF.js has too, by the name that it knows. */
const activations: ReadonlyMap<string, string> = new Map([
  ...['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'softmax', 'softplus', 'softsign', 'tanh', 'swish'].map(
    (name): [string, string] => [name, name],
  ),
  ...['gelu', 'mish', 'log_softmax'].map((name): [string, string] => [name, name]),
  ['silu', 'swish'],
])

/**
 * The configuration of one layer as TF.js takes it.
 *
 * Every weight comes from the file, so all initialisers become one that draws no random numbers. Regularisers that
 * TF.js lacks are left out: they matter to training only.
 * @param layer the layer's name, for messages
 * @throws AppError 'model.layer-unknown' for an activation or a number type that TF.js lacks
 */
export function convertValues(config: JsonObject, layer: string, generation: KerasGeneration): JsonObject {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => convertEntry(key, value, layer, generation)))
}

function convertEntry(key: string, value: Json, layer: string, generation: KerasGeneration): [string, Json] {
  if (key === 'batch_shape') return ['batch_input_shape', plain(value)]
  if (key === 'dtype') return [key, dtypeOf(value, layer)]
  if (key.endsWith('initializer')) return [key, initializer]
  if (key.endsWith('regularizer')) return [key, regularizerOf(value)]
  if (key.endsWith('activation')) return [key, activationOf(value, layer, generation)]
  return [key, plain(value)]
}

/** Here everything is computed in float32, whatever a layer was trained in. */
function dtypeOf(value: Json, layer: string): Json {
  // e.g. int8_from_float32: such a layer holds other weights than its class tells
  if (JSON.stringify(value).includes('_from_')) {
    throw unsupported(`the layer ${layer} is quantised`, layer, 'Save the model before it is quantised, or as ONNX.')
  }
  return 'float32'
}

function regularizerOf(value: Json): Json {
  if (!isObject(value)) return null
  const { config } = value
  if (!['L1', 'L2', 'L1L2'].includes(nameOf(value)) || !isObject(config)) return null
  return { class_name: 'L1L2', config: { l1: config['l1'] ?? 0, l2: config['l2'] ?? 0 } }
}

function activationOf(value: Json, layer: string, generation: KerasGeneration): Json {
  if (value === null) return 'linear'
  const name = nameOf(value)
  // 0.2 x + 0.5 in Keras 2 and TF.js, x / 6 + 0.5 in Keras 3
  if (name === 'hard_sigmoid' && generation === 2) return name
  const known = activations.get(name)
  if (known !== undefined) return known
  throw unsupported(`the layer ${layer} has the activation “${name}”, which TensorFlow.js does not have`, name)
}

/** What else a layer may hold: other objects without what only Python needs, tuples and arrays as lists. */
function plain(value: Json): Json {
  if (isList(value)) return value.map(plain)
  if (!isObject(value)) return value
  const { class_name: className, config, items } = value
  if (className === '__tuple__') return isList(items) ? items.map(plain) : []
  if (className === '__numpy__' || className === '__tensor__')
    return isObject(config) ? (config['value'] ?? null) : null
  if (typeof className === 'string' && isObject(config)) return { class_name: className, config: plain(config) }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

/** @throws AppError 'model.format' where something is missing that every layer of this kind has */
export function listAt(config: JsonObject, key: string, where: string): readonly Json[] {
  const value = config[key]
  if (isList(value)) return value
  throw badConfig(`${where} has no list “${key}”`)
}
