import * as fc from 'fast-check'
import type { Constant, Graph, GraphNode, Operation, Pads } from '#main/tensor/graph.ts'
import { paddingOf, type PaddingMode } from '#main/tensor/padding.ts'
import { seededUniform } from '../../../../builders/small-model.ts'

/** What a layer of a random network is made from. */
export type Layer =
  | {
      readonly kind: 'conv' | 'depthwise'
      readonly size: number
      readonly stride: number
      readonly mode: PaddingMode
      readonly dilation: number
      readonly hasBias: boolean
    }
  | {
      readonly kind: 'max-pool' | 'average-pool'
      readonly size: number
      readonly stride: number
      readonly mode: PaddingMode
    }
  | { readonly kind: 'zero-pad'; readonly pads: Pads }
  | { readonly kind: 'relu' | 'relu6' | 'leaky' | 'sigmoid' | 'tanh' | 'swish' | 'elu' | 'scale' }
  /** a path of layers that keep the size beside an identity, or a 1×1 convolution of the same stride */
  | {
      readonly kind: 'residual' | 'stacked'
      readonly layers: readonly Layer[]
      readonly hasShortcut: boolean
      readonly stride: number
    }

const mode = fc.constantFrom<PaddingMode>('same', 'valid')
const convolution = fc.record({
  kind: fc.constantFrom('conv' as const, 'depthwise' as const),
  size: fc.constantFrom(1, 2, 3, 5),
  stride: fc.constantFrom(1, 1, 1, 2, 3),
  mode,
  dilation: fc.constantFrom(1, 1, 1, 2),
  hasBias: fc.boolean(),
})
const pool = fc.record({
  kind: fc.constantFrom('max-pool' as const, 'average-pool' as const),
  size: fc.constantFrom(2, 3),
  stride: fc.constantFrom(1, 2),
  mode,
})
const activation = fc.record({
  kind: fc.constantFrom(
    ...(['relu', 'relu', 'relu', 'relu6', 'leaky', 'sigmoid', 'tanh', 'swish', 'elu', 'scale'] as const),
  ),
})
const zeroPad = fc.record({
  kind: fc.constant('zero-pad' as const),
  pads: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
})
const kept = fc.oneof(
  convolution.map((layer) => ({ ...layer, stride: 1, mode: 'same' as const })),
  activation,
)
const branching = fc.record({
  kind: fc.constantFrom('residual' as const, 'residual' as const, 'stacked' as const),
  layers: fc.array(kept, { minLength: 1, maxLength: 4 }),
  hasShortcut: fc.boolean(),
  stride: fc.constantFrom(1, 1, 2),
})

/** Layers of sequential and residual networks. */
export const layers: fc.Arbitrary<Layer[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: convolution },
    { weight: 4, arbitrary: activation },
    { weight: 2, arbitrary: pool },
    { weight: 1, arbitrary: zeroPad },
    { weight: 3, arbitrary: branching },
  ),
  { minLength: 1, maxLength: 8 },
)

export interface NetworkShape {
  readonly height: number
  readonly width: number
  readonly seed: number
}

/** Builds the layers, those left out that nothing would be left of, and a global average with three classes. */
export function buildGraph(list: readonly Layer[], { height, width, seed }: NetworkShape): Graph {
  const net = new Net(seed)
  let at = net.add({ op: 'input' }, [], [height, width, 3])
  for (const layer of list) at = net.layer(layer, at)
  const channels = net.nodes[at]!.shape[2]!
  at = net.add({ op: 'global-average-pool', keepDims: false }, [at], [channels])
  const output = net.add({ op: 'dense', kernel: net.constant([channels, 3]), bias: net.constant([3]) }, [at], [3])
  return { nodes: net.nodes, input: 0, output }
}

class Net {
  readonly nodes: GraphNode[] = []
  readonly #uniform: () => number

  constructor(seed: number) {
    this.#uniform = seededUniform(seed)
  }

  add(operation: Operation, inputs: readonly number[], shape: readonly number[]): number {
    return this.nodes.push({ ...operation, inputs, shape, name: `node${this.nodes.length}` }) - 1
  }

  constant(shape: readonly number[]): Constant {
    const size = shape.reduce((a, b) => a * b, 1)
    const scale = 2 / Math.sqrt(shape.slice(0, -1).reduce((a, b) => a * b, 1))
    return { shape, data: Float32Array.from({ length: size }, () => (2 * this.#uniform() - 1) * scale) }
  }

  layer(layer: Layer, at: number): number {
    const [height, width, channels] = this.nodes[at]!.shape as [number, number, number]
    switch (layer.kind) {
      case 'conv':
      case 'depthwise':
      case 'max-pool':
      case 'average-pool':
        return this.#windowed(layer, at)
      case 'zero-pad': {
        const [top, bottom, left, right] = layer.pads
        return this.add(
          { op: 'zero-pad', pads: layer.pads },
          [at],
          [height + top + bottom, width + left + right, channels],
        )
      }
      case 'scale':
        return this.add(
          { op: 'scale', factor: this.constant([channels]), offset: this.constant([channels]) },
          [at],
          [height, width, channels],
        )
      case 'residual':
      case 'stacked':
        return this.#branching(layer, at)
      default:
        return this.add(activationOf(layer.kind), [at], [height, width, channels])
    }
  }

  #windowed(layer: Extract<Layer, { size: number }>, at: number): number {
    const [height, width, channels] = this.nodes[at]!.shape as [number, number, number]
    const dilation = 'dilation' in layer && layer.stride === 1 ? layer.dilation : 1
    const [size, strides, dilations] = [layer.size, layer.stride, dilation].map((n) => [n, n] as const)
    const pads = paddingOf(layer.mode, [height, width], size!, strides!, dilations)
    const extent = (layer.size - 1) * dilation + 1
    const along = (n: number, before: number, after: number): number =>
      Math.floor((n + before + after - extent) / layer.stride) + 1
    const [h, w] = [along(height, pads[0], pads[1]), along(width, pads[2], pads[3])]
    if (h < 1 || w < 1) return at
    const window = { size: size!, strides: strides!, pads }
    if (layer.kind === 'max-pool' || layer.kind === 'average-pool') {
      return this.add({ op: layer.kind, window }, [at], [h, w, channels])
    }
    const isDepthwise = layer.kind === 'depthwise'
    const nOut = isDepthwise ? channels : 4
    const bias = 'hasBias' in layer && layer.hasBias ? this.constant([nOut]) : null
    const kernel = this.constant([layer.size, layer.size, channels, isDepthwise ? 1 : nOut])
    const op = isDepthwise ? 'depthwise-conv2d' : 'conv2d'
    return this.add({ op, kernel, bias, window, dilations: dilations! }, [at], [h, w, nOut])
  }

  #branching(layer: Extract<Layer, { layers: readonly Layer[] }>, at: number): number {
    const stride = layer.hasShortcut ? layer.stride : 1
    const pointwise = { kind: 'conv', size: 1, mode: 'valid', dilation: 1, hasBias: true } as const
    const start = layer.hasShortcut ? this.layer({ ...pointwise, stride }, at) : at
    let end = layer.hasShortcut ? this.layer({ ...pointwise, stride }, at) : at
    for (const inner of layer.layers) end = this.layer(inner, end)
    const [a, b] = [this.nodes[start]!.shape, this.nodes[end]!.shape]
    if (layer.kind === 'stacked')
      return this.add({ op: 'concatenate', axis: 2 }, [start, end], [a[0]!, a[1]!, a[2]! + b[2]!])
    if (a[2] !== b[2]) return end
    return this.add({ op: 'add' }, [start, end], a)
  }
}

function activationOf(
  kind: Exclude<
    Layer['kind'],
    'scale' | 'conv' | 'depthwise' | 'max-pool' | 'average-pool' | 'zero-pad' | 'residual' | 'stacked'
  >,
): Operation {
  switch (kind) {
    case 'relu':
      return { op: 'relu', max: null, negativeSlope: 0 }
    case 'relu6':
      return { op: 'relu', max: 0.75, negativeSlope: 0 }
    case 'leaky':
      return { op: 'relu', max: null, negativeSlope: 0.25 }
    case 'elu':
      return { op: 'elu', alpha: 0.5 }
    default:
      return { op: kind }
  }
}
