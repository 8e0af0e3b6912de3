import {
  badConfig,
  isList,
  isObject,
  unsupported,
  type Json,
  type JsonObject,
  type KerasObject,
} from './keras-object.ts'

/** The value that a call of a layer gave: which call, and which of its values. */
export interface Reference {
  readonly layer: string
  readonly node: number
  readonly tensor: number
}

/** One use of a layer in a functional model. */
export interface Call {
  /** in order: values of other layers, and constants */
  readonly operands: readonly (Reference | { readonly constant: Json })[]
  readonly options: JsonObject
}

/**
 * The calls of a layer. Keras 2 lists the values that a call takes, as [layer, node, tensor, options]; Keras 3 the
 * arguments of the Python call.
 * @throws AppError 'model.format'
 */
export function callsOf(layer: KerasObject): Call[] {
  return layer.inboundNodes.map((node) => {
    if (isList(node)) return callOfKeras2(node, layer.name)
    if (isObject(node)) return callOfKeras3(node, layer.name)
    throw badConfig(`a call of the layer ${layer.name} is neither a list nor an object`)
  })
}

function callOfKeras2(node: readonly Json[], layer: string): Call {
  // a single value may stand without a list around it
  const inputs = typeof node[0] === 'string' ? [node] : node
  const operands = inputs.map((input): Call['operands'][number] => {
    if (isList(input) && input[0] === '_CONSTANT_VALUE') return { constant: input[2] ?? null }
    return referenceOf(input, layer)
  })
  const [first] = inputs
  const options = isList(first) && isObject(first[3]) ? first[3] : {}
  return { operands, options }
}

function callOfKeras3({ args, kwargs }: JsonObject, layer: string): Call {
  if (!isList(args)) throw badConfig(`a call of the layer ${layer} has no args`)
  const [first] = args
  const all = args.length === 1 && isList(first) ? first : args
  const operands = all.map((value): Call['operands'][number] => {
    if (!isObject(value) || value['class_name'] !== '__keras_tensor__') return { constant: value }
    const { config } = value
    return referenceOf(isObject(config) ? config['keras_history'] : undefined, layer)
  })
  return { operands, options: isObject(kwargs) ? kwargs : {} }
}

/** @throws AppError 'model.format' */
export function referenceOf(value: Json | undefined, layer: string): Reference {
  if (isList(value)) {
    const [from, node, tensor] = value
    if (typeof from === 'string' && isIndex(node) && isIndex(tensor)) return { layer: from, node, tensor }
  }
  throw badConfig(`an input of the layer ${layer} is not one of [layer, node, tensor]`)
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}

/**
 * The values that a call of an ordinary layer takes.
 * @throws AppError 'model.layer-unknown' where the call holds more than that
 */
export function inputsOf(call: Call, layer: KerasObject): Reference[] {
  const named = `the layer ${layer.name} (${layer.className})`
  if (call.options['training'] === true) {
    throw unsupported(`${named} always runs as in training, with random numbers`, layer.className)
  }
  const option = Object.entries(call.options).find(
    ([key, value]) => key !== 'name' && value !== null && value !== false,
  )
  if (option) throw unsupported(`${named} is called with the option “${option[0]}”`, layer.className)
  return call.operands.flatMap((operand) => {
    if (!('constant' in operand)) return [operand]
    if (operand.constant === null) return []
    throw unsupported(`${named} is called with a constant or a nested list`, layer.className)
  })
}

/** Inputs or outputs of a model: one, a list, or several by name. */
export function referencesAt(value: Json | undefined, model: string): Reference[] {
  if (isObject(value)) return Object.values(value).map((item) => referenceOf(item, model))
  if (!isList(value)) throw badConfig(`the inputs or outputs of the model ${model} are no list`)
  return typeof value[0] === 'string' ? [referenceOf(value, model)] : value.map((item) => referenceOf(item, model))
}
