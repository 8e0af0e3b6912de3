import type { LayersModel, SymbolicTensor, Tensor, layers } from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import type { Graph, GraphNode } from './graph.ts'
import { layerOperations } from './layer-operations.ts'

type Layer = layers.Layer
type Shape = readonly (number | null)[]

/** A nested model, seen as what it is made of. */
interface Container {
  readonly inputs: readonly SymbolicTensor[]
  readonly outputs: readonly SymbolicTensor[]
}

/**
 * Unfolds a TF.js layers-model, nested Sequentials and models included, into a graph for inputs of one size.
 * Weights are read from the model when they are needed: it must live as long as the graph.
 * @param inputShape [height, width, channels] of the input; replaces what the model leaves open
 * @throws AppError 'model.format' for several inputs or outputs, or an input that the model or a layer cannot take
 */
export function graphOfLayersModel(model: LayersModel, inputShape: readonly number[]): Graph {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new AppError(
      'model.format',
      `the model has ${model.inputs.length} inputs and ${model.outputs.length} outputs; an image classifier has one of each`,
    )
  }
  requireFits(model.inputs[0]!.shape, inputShape)
  const builder = new GraphBuilder()
  const input = builder.add({ op: 'input', name: model.inputs[0]!.sourceLayer.name, inputs: [], shape: inputShape })
  const output = builder.resolve(model.outputs[0]!, new Map([[model.inputs[0]!.id, input]]))
  return { nodes: builder.nodes, input, output }
}

function requireFits(declared: Shape, given: readonly number[]): void {
  const own = declared.slice(1)
  if (own.length === given.length && own.every((n, axis) => n === null || n === given[axis])) return
  throw new AppError('model.format', `the model takes inputs of shape [${own.join(', ')}], not [${given.join(', ')}]`, {
    hint: 'Leave the input size out, or give the one of the model.',
  })
}

class GraphBuilder {
  readonly nodes: GraphNode[] = []

  add(node: GraphNode): number {
    this.nodes.push(node)
    return this.nodes.length - 1
  }

  /** Index of the node that computes a symbolic tensor, adding what it depends on first. */
  resolve(tensor: SymbolicTensor, known: Map<number, number>): number {
    const done = known.get(tensor.id)
    if (done !== undefined) return done
    const layer = tensor.sourceLayer
    const inputs = layer.inboundNodes[tensor.nodeIndex]!.inputTensors.map((input) => this.resolve(input, known))
    const index = isContainer(layer) ? this.#unfold(layer, tensor, inputs) : this.#append(layer, inputs)
    known.set(tensor.id, index)
    return index
  }

  #unfold(container: Layer & Container, tensor: SymbolicTensor, inputs: readonly number[]): number {
    const inside = new Map(container.inputs.map((inner, i) => [inner.id, inputs[i]!]))
    return this.resolve(container.outputs[tensor.tensorIndex]!, inside)
  }

  #append(layer: Layer, inputs: readonly number[]): number {
    const inputShapes = inputs.map((index) => this.nodes[index]!.shape)
    const shape = outputShape(layer, inputShapes)
    const operations = layerOperations(layer, inputShapes)
    if (operations === null) {
      const apply = (values: readonly unknown[]): unknown =>
        layer.apply((values.length === 1 ? values[0] : values) as Tensor | Tensor[], { training: false })
      return this.add({ op: 'opaque', className: layer.getClassName(), apply, name: layer.name, inputs, shape })
    }
    let current = inputs
    operations.forEach((operation, i) => {
      // the layer's own name goes to its last operation: its value is the layer's output
      const name = i === operations.length - 1 ? layer.name : `${layer.name}/${operation.op}`
      current = [this.add({ ...operation, name, inputs: current, shape })]
    })
    return current[0]!
  }
}

function isContainer(layer: Layer): layer is Layer & Container {
  return 'layers' in layer && 'outputs' in layer
}

/** @throws AppError 'model.format' where the layer has no output for such inputs, e.g. where the photo is too small */
function outputShape(layer: Layer, inputs: readonly (readonly number[])[]): number[] {
  const given = inputs.map((shape) => `[${shape.join(', ')}]`).join(' and ')
  const unfit = (why: string, cause?: unknown): AppError =>
    new AppError('model.format', `the layer ${layer.name} cannot take inputs of shape ${given}${why}`, {
      hint: 'The model may need photos of another size.',
      ...(cause === undefined ? {} : { cause }),
    })
  const batched = inputs.map((shape) => [1, ...shape])
  let result: (number | null)[] | (number | null)[][]
  try {
    result = layer.computeOutputShape(batched.length === 1 ? batched[0]! : batched)
  } catch (cause) {
    throw unfit(cause instanceof Error ? `: ${cause.message.split('\n')[0] ?? ''}` : '', cause)
  }
  const shape = (Array.isArray(result[0]) ? result[0] : (result as number[])).slice(1) as number[]
  if (!shape.every((n) => n >= 1)) throw unfit(`: its output would be [${shape.join(', ')}]`)
  return shape
}
