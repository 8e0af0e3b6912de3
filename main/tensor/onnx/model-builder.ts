import { sizeOf, type Constant } from '../graph.ts'
import { weightsOf, type WeightForm, type Weights } from './kernels.ts'
import { ProtobufWriter } from './protobuf.ts'

/** Attribute of an ONNX node: an integer, a list of integers, a text, or a float given as `{ float }`. */
type Attribute = number | readonly number[] | string | { readonly float: number }

export type Attributes = Readonly<Record<string, Attribute>>

export interface ModelInput {
  readonly name: string
  /** null: of any length, the first one the batch's */
  readonly shape: readonly (number | null)[]
  /** default float32 */
  readonly type?: keyof typeof elementTypes
}

/** Where the values of large constants are put, beside the model: ONNX's external data. */
export interface WeightStore {
  /** @returns name of the file, in the model's folder, that holds just these values */
  put(constant: Constant, form: WeightForm, weights: Weights): string
}

/** Bytes from which on a constant is worth a file of its own. */
const leastExternal = 1 << 20

/**
 * Builds an ONNX model in memory: nodes in order, initialisers, named inputs and outputs. The names it makes up begin
 * with `#`, which the names of outputs must not.
 * Field numbers are those of onnx.proto3.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */
export class OnnxModelBuilder {
  readonly #nodes: Uint8Array[] = []
  readonly #initializers: Uint8Array[] = []
  readonly #weights = new Map<Constant, Map<WeightForm, string>>()
  readonly #store: WeightStore | null
  #nextName = 0

  /** @param store null: all constants are in the model, which must stay below 2 GB */
  constructor(store: WeightStore | null = null) {
    this.#store = store
  }

  /** Adds a node with one output and returns the output's name. */
  node(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodeOf(1, type, inputs, attributes)[0]!
  }

  /** Adds a node with several outputs and returns their names. An input '' is left out. */
  nodeOf(nOutputs: number, type: string, inputs: readonly string[], attributes: Attributes = {}): readonly string[] {
    const outputs = Array.from({ length: nOutputs }, () => `#v${this.#nextName++}`)
    const node = new ProtobufWriter()
    for (const input of inputs) node.text(1, input)
    for (const output of outputs) node.text(2, output)
    node.text(3, outputs[0]!).text(4, type)
    for (const [name, value] of Object.entries(attributes)) {
      node.message(5, (attribute) => writeAttribute(attribute, name, value))
    }
    this.#nodes.push(node.finish())
    return outputs
  }

  /** Adds a constant of the network, once however often it is asked for. */
  weights(constant: Constant, form: WeightForm = 'plain'): string {
    const forms = this.#weights.get(constant) ?? new Map<WeightForm, string>()
    this.#weights.set(constant, forms)
    const name = forms.get(form) ?? this.#addWeights(constant, form)
    forms.set(form, name)
    return name
  }

  /** Adds a float32 constant, row-major. */
  floats(shape: readonly number[], data: Float32Array): string {
    return this.#initializer(shape, 1, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }

  scalar(value: number): string {
    return this.floats([], Float32Array.of(value))
  }

  /** Adds an int64 vector, e.g. a target shape. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt)
    return this.#initializer([values.length], 7, new Uint8Array(data.buffer))
  }

  /**
   * @param outputs public name → value name
   */
  finish(inputs: readonly ModelInput[], outputs: ReadonlyMap<string, string>): Uint8Array {
    for (const [name, value] of outputs) {
      const identity = new ProtobufWriter().text(1, value).text(2, name).text(3, `output ${name}`).text(4, 'Identity')
      this.#nodes.push(identity.finish())
    }
    const model = new ProtobufWriter().integer(1, irVersion).text(2, 'obalex')
    model.message(7, (graph) => {
      for (const node of this.#nodes) graph.bytes(1, node)
      graph.text(2, 'classifier')
      for (const initializer of this.#initializers) graph.bytes(5, initializer)
      for (const { name, shape, type } of inputs) graph.message(11, (info) => writeValueInfo(info, name, shape, type))
      for (const name of outputs.keys()) graph.message(12, (info) => writeValueInfo(info, name, null))
    })
    model.message(8, (opset) => opset.text(1, '').integer(2, opsetVersion))
    return model.finish()
  }

  #addWeights(constant: Constant, form: WeightForm): string {
    const weights = weightsOf(constant, form)
    if (this.#store === null || sizeOf(weights.shape) * 4 < leastExternal) {
      return this.floats(weights.shape, weights.read())
    }
    const name = `#c${this.#nextName++}`
    const tensor = new ProtobufWriter()
    for (const n of weights.shape) tensor.integer(1, n)
    const file = this.#store.put(constant, form, weights)
    tensor.integer(2, 1).text(8, name)
    tensor.message(13, (entry) => entry.text(1, 'location').text(2, file))
    this.#initializers.push(tensor.integer(14, 1).finish())
    return name
  }

  #initializer(shape: readonly number[], dataType: number, raw: Uint8Array): string {
    const name = `#c${this.#nextName++}`
    const tensor = new ProtobufWriter()
    for (const n of shape) tensor.integer(1, n)
    this.#initializers.push(tensor.integer(2, dataType).text(8, name).bytes(9, raw).finish())
    return name
  }
}

/** ONNX 1.12: what every onnxruntime of the last years reads. */
const irVersion = 8
const opsetVersion = 17

const elementTypes = { float32: 1, int64: 7 } as const

const attributeTypes = { float: 1, integer: 2, text: 3, integers: 7 } as const

function writeAttribute(attribute: ProtobufWriter, name: string, value: Attribute): void {
  attribute.text(1, name)
  if (typeof value === 'number') {
    attribute.integer(3, value).integer(20, attributeTypes.integer)
  } else if (typeof value === 'string') {
    attribute.text(4, value).integer(20, attributeTypes.text)
  } else if ('float' in value) {
    attribute.float(2, value.float).integer(20, attributeTypes.float)
  } else {
    for (const n of value) attribute.integer(8, n)
    attribute.integer(20, attributeTypes.integers)
  }
}

function writeValueInfo(
  info: ProtobufWriter,
  name: string,
  shape: readonly (number | null)[] | null,
  elements: keyof typeof elementTypes = 'float32',
): void {
  info.text(1, name).message(2, (type) => {
    type.message(1, (tensor) => {
      tensor.integer(1, elementTypes[elements])
      if (shape === null) return
      tensor.message(2, (dims) => {
        for (const [i, n] of shape.entries()) {
          dims.message(1, (dim) => {
            if (n !== null) dim.integer(1, n)
            else if (i === 0) dim.text(2, 'batch')
          })
        }
      })
    })
  })
}
