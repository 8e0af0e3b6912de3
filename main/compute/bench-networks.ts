import type { ArchitectureName, RuntimeId } from '#common/contract/procedures/models.ts'
import type { Alpha } from '#main/classifiers/architectures/architecture.ts'
import { architectureOf } from '#main/classifiers/architectures/known-architectures.ts'
import type { WeightsOf } from '#main/tensor/network-builder.ts'
import { architectureGraph, architectures } from '#main/classifiers/architectures/registry.ts'
import { lazyConstant, sizeOf, type Constant, type Graph } from '#main/tensor/graph.ts'

/** A network that runtimes are measured with. */
export interface BenchNetwork {
  readonly label: string
  /** layer that gradients are taken at: that of the classifiers' cards */
  readonly layer: string
  /** on which it takes minutes */
  readonly slowOn: readonly RuntimeId[]
  /** made anew each time; weights are made when they are read, and not kept */
  graph(): Graph
}

/** From quick to slow. */
export const benchNetworks: readonly BenchNetwork[] = [
  benchNetwork('mobilenet', { alpha: 0.25 }),
  benchNetwork('mobilenet'),
  benchNetwork('resnet50'),
  benchNetwork('vgg16', { slowOn: ['wasm'] }),
]

interface Options {
  readonly alpha?: Alpha
  readonly slowOn?: readonly RuntimeId[]
}

function benchNetwork(name: ArchitectureName, { alpha = 1, slowOn = [] }: Options = {}): BenchNetwork {
  const { label } = architectures[name]
  const options = { inputShape: [224, 224, 3], alpha, head: { kind: 'top', classes: 1000 } } as const
  return {
    label: name === 'mobilenet' ? `${label} ${alpha}` : label,
    layer: architectureOf(name).layer,
    slowOn,
    graph: () => architectureGraph(name, options, generatedWeights(1)),
  }
}

/**
 * Weights that keep values and gradients in the range of trained networks, the same from the same seed: kernels evenly
 * spread with the variance 2 ÷ fan-in (He), normalisation that leaves values as they are.
 */
export function generatedWeights(seed: number): WeightsOf {
  let nLayers = 0
  return <Name extends string>(_: string, shapes: Readonly<Record<Name, readonly number[]>>) => {
    const layerSeed = seed + 7919 * ++nLayers
    const entries = Object.entries<readonly number[]>(shapes)
    const constants = entries.map(([name, shape]) => [name, generated(name, shape, layerSeed)])
    return Object.fromEntries(constants) as Record<Name, Constant>
  }
}

function generated(name: string, shape: readonly number[], seed: number): Constant {
  const length = sizeOf(shape)
  if (name === 'gamma' || name === 'moving_variance') return lazyConstant(shape, () => new Float32Array(length).fill(1))
  if (!name.includes('kernel')) return lazyConstant(shape, () => new Float32Array(length))
  const fanIn = name === 'kernel' ? length / shape.at(-1)! : shape[0]! * shape[1]!
  const scale = Math.sqrt(6 / fanIn)
  const rowLength = length / shape[0]!
  const rowsAPiece = Math.max(1, Math.floor(pieceLength / rowLength))
  return lazyConstant(
    shape,
    () => noise(seed, length, scale).next().value as Float32Array,
    () => noise(seed, length, scale, rowsAPiece * rowLength),
  )
}

/** Values of a large kernel that are made at once: 64 MB. */
const pieceLength = 1 << 24

/** Numbers evenly spread between −scale and scale, by Marsaglia's xorshift. */
function* noise(
  seed: number,
  length: number,
  scale: number,
  mostAtOnce = length,
): Generator<Float32Array, undefined, undefined> {
  let state = seed | 0 || 1
  for (let start = 0; start < length; start += mostAtOnce) {
    const piece = new Float32Array(Math.min(mostAtOnce, length - start))
    for (let i = 0; i < piece.length; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      piece[i] = (state / 2 ** 31) * scale
    }
    yield piece
  }
}
