import { referenceOf, type Call, type Reference } from './convert-nodes.ts'
import { isList, isObject, nameOf, unsupported, type KerasObject } from './keras-object.ts'

type Kind = 'add' | 'subtract' | 'multiply' | 'divide'

/** Names of Keras 3's operations, and of the TensorFlow functions that Keras 2 recorded. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ['Add', 'add'],
  ['Subtract', 'subtract'],
  ['Multiply', 'multiply'],
  ['Divide', 'divide'],
  ['TrueDivide', 'divide'],
  ['math.add', 'add'],
  ['__operators__.add', 'add'],
  ['math.subtract', 'subtract'],
  ['math.multiply', 'multiply'],
  ['math.truediv', 'divide'],
  ['math.divide', 'divide'],
])

/**
 * `x + y` and the like: functions that became a part of the model, not layers. Keras's layers Add, Subtract and
 * Multiply take one list of values; the operations of these names take two.
 */
export function isOperation({ className, module, inboundNodes }: KerasObject): boolean {
  if (className === 'TFOpLambda' || /^keras(\.src)?\.ops\./.test(module ?? '')) return true
  const [call] = inboundNodes
  return kinds.has(className) && isObject(call) && isList(call['args']) && call['args'].length === 2
}

/** What a layer would have to be to do what an operation does. */
export interface Replacement {
  readonly className: 'Rescaling' | 'Add' | 'Multiply'
  readonly config: { readonly scale?: number; readonly offset?: number }
  readonly inputs: readonly Reference[]
}

/**
 * The layer that computes the same as arithmetic written into a model, such as the `x / 127.5 - 1` that
 * `preprocess_input` leaves there, or `x + shortcut`.
 * @throws AppError 'model.layer-unknown' for any other operation
 */
export function layerOfOperation(operation: KerasObject, call: Call): Replacement {
  const name = operation.className === 'TFOpLambda' ? nameOf(operation.config['function'] ?? '') : operation.className
  const kind = kinds.get(name)
  const operands = [...call.operands]
  // Keras 2 has the second operand among the options
  const { y: second } = call.options
  if (operands.length === 1 && second !== undefined) {
    operands.push(isList(second) ? referenceOf(second, operation.name) : { constant: second })
  }
  const [x, y] = operands
  const replacement = kind && x && y && operands.length === 2 ? replace(kind, x, y) : null
  if (replacement) return replacement
  throw unsupported(`TensorFlow.js has no layer for the operation ${name} (${operation.name})`, name)
}

type Operand = Call['operands'][number]

function replace(kind: Kind, x: Operand, y: Operand): Replacement | null {
  if (!('constant' in x)) {
    if (!('constant' in y)) return merge(kind, [x, y])
    return typeof y.constant === 'number' ? rescaling(x, withConstant(kind, y.constant)) : null
  }
  if ('constant' in y || typeof x.constant !== 'number') return null
  const config = fromConstant(kind, x.constant)
  return config && rescaling(y, config)
}

function merge(kind: Kind, inputs: readonly Reference[]): Replacement | null {
  if (kind === 'add') return { className: 'Add', config: {}, inputs }
  return kind === 'multiply' ? { className: 'Multiply', config: {}, inputs } : null
}

function rescaling(input: Reference, config: Replacement['config']): Replacement {
  return { className: 'Rescaling', config, inputs: [input] }
}

/** value ∘ constant */
function withConstant(kind: Kind, constant: number): Replacement['config'] {
  switch (kind) {
    case 'add':
      return { scale: 1, offset: constant }
    case 'subtract':
      return { scale: 1, offset: -constant }
    case 'multiply':
      return { scale: constant, offset: 0 }
    case 'divide':
      return { scale: 1 / constant, offset: 0 }
  }
}

/** constant ∘ value */
function fromConstant(kind: Kind, constant: number): Replacement['config'] | null {
  if (kind === 'divide') return null
  return kind === 'subtract' ? { scale: -1, offset: constant } : withConstant(kind, constant)
}
