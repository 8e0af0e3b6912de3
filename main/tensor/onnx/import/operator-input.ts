import { AppError } from '#common/contract/errors.ts'
import { sizeOf, type GraphNode, type Operation } from '../../graph.ts'
import type { OnnxAttribute, OnnxNode } from '../read-model.ts'
import { graphShape, mapLayout, plainLayout, reordered, type Layout } from './layout.ts'
import { NoPlace, type ComputedValue, type ConstantValue, type Value } from './values.ts'

/** 1 GB of float32: more than a value of any network for photos has. */
const mostValues = 2 ** 28

/** The graph while it grows. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = []
  readonly #names = new Set<string>()

  /** @param name gets a number where it is taken */
  add(operation: Operation, name: string, inputs: readonly ComputedValue[], layout: Layout): ComputedValue {
    const shape = graphShape(layout)
    if (!shape.every((n) => n >= 1) || sizeOf(shape) > mostValues) {
      const from = inputs.map(({ layout: own }) => `[${own.shape.join(', ')}]`).join(' and ')
      throw new AppError(
        'model.format',
        `the layer ${name} cannot take inputs of shape ${from}: its output would be [${layout.shape.join(', ')}]`,
        { hint: 'The model may need photos of another size.' },
      )
    }
    this.nodes.push({ ...operation, name: this.#unique(name), inputs: inputs.map(({ node }) => node), shape })
    return { kind: 'computed', node: this.nodes.length - 1, layout }
  }

  hasName(name: string): boolean {
    return this.#names.has(name)
  }

  #unique(name: string): string {
    let unique = name
    for (let i = 2; this.#names.has(unique); i++) unique = `${name}/${i}`
    this.#names.add(unique)
    return unique
  }
}

/** One node of the ONNX network, as the rule of its operator sees it. */
export class OperatorInput {
  readonly node: OnnxNode
  /** version of ONNX's operators */
  readonly opset: number
  /** length of the axis of photos that the file was made for */
  readonly batch: number
  readonly values: readonly (Value | null)[]
  readonly graph: GraphBuilder
  readonly #name: string

  constructor(
    node: OnnxNode,
    context: { readonly opset: number; readonly batch: number; readonly graph: GraphBuilder },
    values: readonly (Value | null)[],
  ) {
    this.node = node
    this.opset = context.opset
    this.batch = context.batch
    this.graph = context.graph
    this.values = values
    const [output = ''] = node.outputs
    this.#name = node.name === '' || this.graph.hasName(node.name) ? output : node.name
  }

  /** @param why completes “the operator …” */
  noPlace(why: string): NoPlace {
    return new NoPlace(this.node, why)
  }

  computed(index: number): ComputedValue {
    const value = this.values[index]
    if (value?.kind === 'computed') return value
    throw this.noPlace(`needs a value of the network as input ${index + 1}`)
  }

  /** null: left out */
  constant(index: number): ConstantValue | null {
    const value = this.values[index] ?? null
    if (value === null || value.kind === 'constant') return value
    throw this.noPlace(`takes its input ${index + 1} from the photo`)
  }

  weights(index: number): ConstantValue {
    const value = this.constant(index)
    if (value) return value
    throw this.noPlace(`lacks its input ${index + 1}`)
  }

  /** An attribute; null where it is left out. @throws NoPlace where it is of another type, as the next ones */
  attribute<Kind extends 'number' | 'string'>(
    name: string,
    kind: Kind,
  ): (Kind extends 'number' ? number : string) | null {
    const value: OnnxAttribute | undefined = this.node.attributes.get(name)
    if (value === undefined) return null
    if (typeof value === kind) return value as Kind extends 'number' ? number : string
    throw this.noPlace(`has a strange “${name}”`)
  }

  number(name: string, otherwise: number): number {
    return this.attribute(name, 'number') ?? otherwise
  }

  integers(name: string): readonly number[] | null {
    const value = this.node.attributes.get(name)
    if (value === undefined) return null
    if (Array.isArray(value) && value.every((n) => typeof n === 'number' && Number.isInteger(n))) {
      return value as number[]
    }
    throw this.noPlace(`has a strange “${name}”`)
  }

  /** Axes or another list of whole numbers: an attribute in old opsets, an input in new ones; null: left out. */
  integersAt(name: string, index: number): readonly number[] | null {
    const value = this.constant(index)
    return value ? Array.from(value.read()) : this.integers(name)
  }

  /** Numbers of axes, the batch counted, brought into 0 … rank − 1. */
  axes(axes: readonly number[], rank: number): readonly number[] {
    return axes.map((axis) => {
      const own = axis < 0 ? axis + rank : axis
      if (Number.isInteger(own) && own >= 0 && own < rank) return own
      throw this.noPlace(`has an axis ${axis} of ${rank}`)
    })
  }

  /** A feature map [channels, height, width], laid out as the graph has it. */
  map(index: number): ComputedValue {
    const value = this.computed(index)
    if (value.layout.shape.length !== 3) throw this.noPlace('works on something else than feature maps')
    return this.laidOut(value, mapLayout(value.layout.shape).order)
  }

  /** @throws NoPlace where its numbers would have to change places */
  laidOut(value: ComputedValue, order: readonly number[]): ComputedValue {
    if (value.layout.order.join() === order.join()) return value
    const layout = reordered(value.layout, order)
    if (!layout) throw this.noPlace('transposes feature maps')
    return this.step({ op: 'reshape', target: graphShape(layout) }, [value], layout)
  }

  /** An operation on the way to the node's value. */
  step(operation: Operation, inputs: readonly ComputedValue[], layout = inputs[0]!.layout): ComputedValue {
    return this.graph.add(operation, `${this.#name}/${operation.op}`, inputs, layout)
  }

  /** The operation whose value is the node's. */
  result(operation: Operation, inputs: readonly ComputedValue[], layout = inputs[0]!.layout): ComputedValue {
    return this.graph.add(operation, this.#name, inputs, layout)
  }

  /** A value whose numbers stay as they are; their shape in the graph may be another. */
  renamed(value: ComputedValue, layout: Layout): ComputedValue {
    const [from, to] = [graphShape(value.layout), graphShape(layout)]
    const isSame = from.join() === to.join()
    return this.result(isSame ? { op: 'identity' } : { op: 'reshape', target: to }, [value], layout)
  }

  /** A plain value of another shape, from operations that mix all numbers of an image. */
  plain(operation: Operation, input: ComputedValue, shape: readonly number[]): ComputedValue {
    return this.result(operation, [input], plainLayout(shape))
  }
}

/** The rule of an operator: adds what it does to the graph. */
export type OperatorRule = (input: OperatorInput) => ComputedValue
