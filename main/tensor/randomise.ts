import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { skipN } from 'pure-rand/utils/skipN'
import type { RandomisedWeights } from '#common/contract/procedures/checking.ts'
import { constantsOf, dependencies, lazyConstant, scoreHead, type Constant, type Graph } from './graph.ts'

export interface Randomisation {
  readonly weights: RandomisedWeights
  /** whole number of 32 bits */
  readonly seed: number
}

/**
 * The same network having forgotten what it learned: every constant (kernels, biases, what batch normalisation learned) has
 * its own values in another, random order. So their distribution stays what it was, and signals neither fade nor explode.
 * The values are read and put in order when they are asked for.
 * @param randomisation `top`: of the last layer with weights before the class scores; `all`: of every layer
 * @see Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018
 */
export function randomiseGraph(graph: Graph, { weights, seed }: Randomisation): Graph {
  const weighted = dependencies(graph, [scoreHead(graph).logits]).filter(
    (index) => constantsOf(graph.nodes[index]!).length > 0,
  )
  const chosen = new Set(weights === 'top' ? weighted.slice(-1) : weighted)
  return {
    ...graph,
    nodes: graph.nodes.map((node, index) => {
      if (!chosen.has(index)) return node
      const shuffled = (constant: Constant, place: number): Constant =>
        lazyConstant(constant.shape, () => shuffle(constant.data, generatorOf(seed, 2 * index + place)))
      switch (node.op) {
        case 'conv2d':
        case 'depthwise-conv2d':
        case 'dense':
          return { ...node, kernel: shuffled(node.kernel, 0), bias: node.bias && shuffled(node.bias, 1) }
        case 'scale':
          return { ...node, factor: shuffled(node.factor, 0), offset: shuffled(node.offset, 1) }
        default:
          throw new Error(`${node.op} nodes have constants that nothing here shuffles`)
      }
    }),
  }
}

/** The generator starts from a state with few bits set; its first numbers still show the seed. */
const warmUp = 32

/** @returns uniform in [0, 1), of 32 bits; other numbers for every place */
function generatorOf(seed: number, place: number): () => number {
  const generator = xoroshiro128plus(seed ^ Math.imul(place + 1, 0x9e3779b9))
  skipN(generator, warmUp)
  return () => (generator.next() >>> 0) / 2 ** 32
}

/** A copy in random order. @see Fisher–Yates: Knuth, The Art of Computer Programming 2, 3.4.2, algorithm P */
function shuffle(values: Float32Array, draw: () => number): Float32Array {
  const shuffled = values.slice()
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(draw() * (last + 1))
    const moved = shuffled[last]!
    shuffled[last] = shuffled[other]!
    shuffled[other] = moved
  }
  return shuffled
}
