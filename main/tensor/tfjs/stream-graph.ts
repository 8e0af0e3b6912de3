import * as tf from '@tensorflow/tfjs'
import { constantsOf, dependencies, type Constant, type Graph, type GraphNode } from '../graph.ts'
import { runNode, type Constants } from './execute.ts'

/** Bytes of a dense kernel that are on the backend at once: WebAssembly's memory never shrinks again. */
const pieceBytes = 1 << 26

/**
 * Runs a graph once on the current TensorFlow.js backend, for one input, with little memory: a constant is there only
 * while its operation runs, a value until nothing needs it any more.
 * @param input [height, width, channels]
 * @returns the values of the targets, without the batch
 */
export function streamGraph(graph: Graph, input: Float32Array, targets: readonly number[]): Float32Array[] {
  const order = dependencies(graph, targets)
  const lastUse = new Map<number, number>()
  for (const index of order) for (const needed of graph.nodes[index]!.inputs) lastUse.set(needed, index)
  for (const index of targets) lastUse.set(index, Infinity)

  const values = new Map<number, tf.Tensor>()
  try {
    for (const index of order) {
      const node = graph.nodes[index]!
      const inputs = node.inputs.map((i) => values.get(i)!)
      const value = node.op === 'input' ? tf.tensor(input, [1, ...node.shape]) : runOnce(node, inputs)
      values.set(index, value)
      for (const used of node.inputs) {
        if (lastUse.get(used) !== index) continue
        values.get(used)?.dispose()
        values.delete(used)
      }
    }
    return targets.map((index) => new Float32Array(values.get(index)!.dataSync()))
  } finally {
    tf.dispose([...values.values()])
  }
}

function runOnce(node: GraphNode, inputs: readonly tf.Tensor[]): tf.Tensor {
  return tf.tidy(() => {
    if (node.op === 'dense') {
      const product = multiplyInPieces(inputs[0]!, node.kernel)
      return node.bias ? tf.add(product, toTensor(node.bias)) : product
    }
    const constants: Constants = new Map(constantsOf(node).map((constant) => [constant, toTensor(constant)]))
    const value = runNode(node, inputs, constants)
    // its own tensor, though it shares the input's values: each is disposed by itself
    return inputs.includes(value) ? value.clone() : value
  })
}

function toTensor({ data, shape }: Constant): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32')
}

/** @param kernel [in, out]; so much of it at a time as is read at once @returns [1, out] */
function multiplyInPieces(x: tf.Tensor, kernel: Constant): tf.Tensor {
  const [nIn, nOut] = kernel.shape as [number, number]
  let sum = tf.zeros<tf.Rank>([1, nOut])
  let start = 0
  for (const piece of kernel.pieces?.() ?? inRows(kernel)) {
    const nRows = piece.length / nOut
    const next = tf.tidy(() => {
      const part = tf.slice(tf.reshape<tf.Rank.R2>(x, [1, nIn]), [0, start], [1, nRows])
      return tf.add(sum, tf.matMul(part, tf.tensor2d(piece, [nRows, nOut])))
    })
    sum.dispose()
    sum = next
    start += nRows
  }
  return sum
}

function* inRows({ shape, data }: Constant): Generator<Float32Array, undefined, undefined> {
  const rowLength = shape[1]!
  const length = Math.max(1, Math.floor(pieceBytes / (4 * rowLength))) * rowLength
  for (let at = 0; at < data.length; at += length) yield data.subarray(at, at + length)
}
