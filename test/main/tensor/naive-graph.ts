import { sizeOf, type Graph, type GraphNode, type Window } from '#main/tensor/graph.ts'

/**
 * A network computed by nested loops in float64: the slow oracle of the runtimes.
 * @param value value of the node `start`
 * @returns the value of every node from `start` on, by index
 */
export function runNaively(graph: Graph, value: Float64Array, start = graph.input): (Float64Array | undefined)[] {
  const values: (Float64Array | undefined)[] = []
  graph.nodes.forEach((node, index) => {
    if (index === start) values[index] = value
    else if (index > start && node.inputs.every((i) => values[i])) {
      values[index] = runNode(
        node,
        node.inputs.map((i) => values[i]!),
        node.inputs.map((i) => graph.nodes[i]!.shape),
      )
    }
  })
  return values
}

type Shape = readonly number[]

function runNode(node: GraphNode, inputs: readonly Float64Array[], shapes: readonly Shape[]): Float64Array {
  const x = inputs[0]!
  const shape = shapes[0]!
  const channels = shape.at(-1)!
  switch (node.op) {
    case 'conv2d':
    case 'depthwise-conv2d':
      return convolve(node, x, shape)
    case 'conv2d-transpose':
      return convolveTransposed(node, x, shape)
    case 'upsample': {
      const [rows, columns] = node.shape as [number, number]
      return Float64Array.from({ length: rows * columns * channels }, (_, i) => {
        const row = Math.floor(i / channels / columns / node.factor[0])
        const column = Math.floor((Math.floor(i / channels) % columns) / node.factor[1])
        return x[(row * shape[1]! + column) * channels + (i % channels)]!
      })
    }
    case 'dense': {
      const [nIn, nOut] = node.kernel.shape as [number, number]
      // once: weights may be read each time they are asked for
      const [kernel, bias] = [node.kernel.data, node.bias?.data]
      return Float64Array.from({ length: nOut }, (_, o) => {
        let sum = bias ? bias[o]! : 0
        for (let i = 0; i < nIn; i++) sum += x[i]! * kernel[i * nOut + o]!
        return sum
      })
    }
    case 'scale': {
      const [factor, offset] = [node.factor.data, node.offset.data]
      return x.map((v, i) => v * factor[i % channels]! + offset[i % channels]!)
    }
    case 'relu':
      return x.map((v) => Math.min(v > 0 ? v : v * node.negativeSlope, node.max ?? Infinity))
    case 'sigmoid':
      return x.map((v) => 1 / (1 + Math.exp(-v)))
    case 'tanh':
      return x.map(Math.tanh)
    case 'swish':
      return x.map((v) => v / (1 + Math.exp(-v)))
    case 'elu':
      return x.map((v) => (v > 0 ? v : node.alpha * Math.expm1(v)))
    case 'softmax':
      return x.map((v, i) => {
        const start = i - (i % channels)
        return 1 / x.subarray(start, start + channels).reduce((sum, other) => sum + Math.exp(other - v), 0)
      })
    case 'add':
      return combine(inputs, shapes, node.shape, (a, b) => a + b)
    case 'multiply':
      return combine(inputs, shapes, node.shape, (a, b) => a * b)
    case 'concatenate':
      return concatenate(inputs, shapes, node.axis)
    case 'max-pool':
    case 'average-pool':
      return pool(x, shape, node.shape, node.window, node.op === 'max-pool')
    case 'global-average-pool':
    case 'global-max-pool': {
      const cells = x.length / channels
      return Float64Array.from({ length: channels }, (_, c) => {
        const values = Array.from({ length: cells }, (_, i) => x[i * channels + c]!)
        return node.op === 'global-max-pool' ? Math.max(...values) : values.reduce((a, b) => a + b) / cells
      })
    }
    case 'zero-pad': {
      const [h, w, c] = shape as [number, number, number]
      const [top, , left] = node.pads
      const out = new Float64Array(sizeOf(node.shape))
      for (let y = 0; y < h; y++)
        for (let xx = 0; xx < w; xx++)
          for (let k = 0; k < c; k++) out[((y + top) * node.shape[1]! + xx + left) * c + k] = x[(y * w + xx) * c + k]!
      return out
    }
    case 'flatten':
    case 'reshape':
    case 'identity':
      return x
    case 'input':
    case 'opaque':
      throw new Error(`no naive form of ${node.op}`)
  }
}

function convolve(
  node: GraphNode & { op: 'conv2d' | 'depthwise-conv2d' },
  x: Float64Array,
  [h, w, nIn]: Shape,
): Float64Array {
  const [kh, kw, , last] = node.kernel.shape as [number, number, number, number]
  const isDepthwise = node.op === 'depthwise-conv2d'
  const [oh, ow, nOut] = node.shape as [number, number, number]
  const [top, , left] = node.window.pads
  const [kernel, bias] = [node.kernel.data, node.bias?.data]
  const out = new Float64Array(sizeOf(node.shape))
  for (let oy = 0; oy < oh; oy++)
    for (let ox = 0; ox < ow; ox++)
      for (let o = 0; o < nOut; o++) {
        let sum = bias ? bias[o]! : 0
        for (let dy = 0; dy < kh; dy++)
          for (let dx = 0; dx < kw; dx++) {
            const y = oy * node.window.strides[0] + dy * node.dilations[0] - top
            const xx = ox * node.window.strides[1] + dx * node.dilations[1] - left
            if (y < 0 || y >= h! || xx < 0 || xx >= w!) continue
            const from = isDepthwise ? [Math.floor(o / last)] : Array.from({ length: nIn! }, (_, i) => i)
            for (const i of from) {
              const k = isDepthwise ? o % last : o
              sum += x[(y * w! + xx) * nIn! + i]! * kernel[((dy * kw + dx) * nIn! + i) * last + k]!
            }
          }
        out[(oy * ow + ox) * nOut + o] = sum
      }
  return out
}

/** Every cell adds its kernel to the value. */
function convolveTransposed(
  node: GraphNode & { op: 'conv2d-transpose' },
  x: Float64Array,
  [h, w, nIn]: Shape,
): Float64Array {
  const [kh, kw, nOut] = node.kernel.shape as [number, number, number]
  const [oh, ow] = node.shape as [number, number]
  const { strides, pads } = node.window
  const [kernel, bias] = [node.kernel.data, node.bias?.data]
  const out = Float64Array.from({ length: sizeOf(node.shape) }, (_, i) => bias?.[i % nOut] ?? 0)
  for (let y = 0; y < h!; y++)
    for (let xx = 0; xx < w!; xx++)
      for (let dy = 0; dy < kh; dy++)
        for (let dx = 0; dx < kw; dx++) {
          const oy = y * strides[0] + dy - pads[0]
          const ox = xx * strides[1] + dx - pads[2]
          if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue
          for (let o = 0; o < nOut; o++)
            for (let i = 0; i < nIn!; i++)
              out[(oy * ow + ox) * nOut + o]! +=
                x[(y * w! + xx) * nIn! + i]! * kernel[((dy * kw + dx) * nOut + o) * nIn! + i]!
        }
  return out
}

function pool(x: Float64Array, [h, w, c]: Shape, outShape: Shape, window: Window, isMax: boolean): Float64Array {
  const [oh, ow] = outShape as [number, number]
  const out = new Float64Array(sizeOf(outShape))
  for (let oy = 0; oy < oh; oy++)
    for (let ox = 0; ox < ow; ox++)
      for (let k = 0; k < c!; k++) {
        const values: number[] = []
        for (let dy = 0; dy < window.size[0]; dy++)
          for (let dx = 0; dx < window.size[1]; dx++) {
            const y = oy * window.strides[0] + dy - window.pads[0]
            const xx = ox * window.strides[1] + dx - window.pads[2]
            if (y >= 0 && y < h! && xx >= 0 && xx < w!) values.push(x[(y * w! + xx) * c! + k]!)
          }
        out[(oy * ow + ox) * c! + k] = isMax ? Math.max(...values) : values.reduce((a, b) => a + b) / values.length
      }
  return out
}

/** Element by element; an axis of length 1 is repeated along the result's. */
function combine(
  inputs: readonly Float64Array[],
  shapes: readonly Shape[],
  outShape: Shape,
  of: (a: number, b: number) => number,
): Float64Array {
  return Float64Array.from({ length: sizeOf(outShape) }, (_, i) => {
    const values = inputs.map((input, k) => {
      let at = 0
      for (const [axis, n] of shapes[k]!.entries()) {
        const index = Math.floor(i / sizeOf(outShape.slice(axis + 1))) % outShape[axis]!
        at = at * n + (n === 1 ? 0 : index)
      }
      return input[at]!
    })
    return values.reduce(of)
  })
}

function concatenate(inputs: readonly Float64Array[], shapes: readonly Shape[], axis: number): Float64Array {
  const inner = shapes.map((shape) => sizeOf(shape.slice(axis)))
  const outer = sizeOf(shapes[0]!.slice(0, axis))
  const parts = Array.from({ length: outer }, (_, i) =>
    inputs.flatMap((input, k) => [...input.subarray(i * inner[k]!, (i + 1) * inner[k]!)]),
  )
  return Float64Array.from(parts.flat())
}
