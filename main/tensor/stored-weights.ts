import { AppError } from '#common/contract/errors.ts'
import type { MatchedTensors, WantedLayer } from '#main/files/match-layers.ts'
import type { StoredTensor } from '#main/files/stored-layers.ts'
import { areFinite } from './are-finite.ts'
import { lazyConstant, sizeOf, type Constant } from './graph.ts'
import type { WeightsOf } from './network-builder.ts'

/**
 * Weights of a network from the tensors of a file, which are read when they are needed and never kept: the file must
 * stay open as long as the network.
 * @param path of the file, for messages
 */
export function storedWeights(path: string, matched: MatchedTensors): WeightsOf {
  return <Name extends string>(layer: string, shapes: Readonly<Record<Name, readonly number[]>>) => {
    const tensors = matched.get(layer)!
    const names = Object.keys(shapes) as Name[]
    const constants = names.map((name) => [name, constantOf(path, tensors.get(name)!)] as const)
    return Object.fromEntries(constants) as Record<Name, Constant>
  }
}

/** Weights of zeros, with which a network is built only to see what layers it has: those with weights, in Keras's order. */
export function recordLayers(): { readonly weights: WeightsOf; readonly layers: readonly WantedLayer[] } {
  const layers: WantedLayer[] = []
  const weights: WeightsOf = <Name extends string>(
    layer: string,
    shapes: Readonly<Record<Name, readonly number[]>>,
  ) => {
    layers.push({ name: layer, shapes })
    const entries = Object.entries<readonly number[]>(shapes)
    const zeros = entries.map(([tensor, shape]) => [tensor, lazyConstant(shape, () => new Float32Array(sizeOf(shape)))])
    return Object.fromEntries(zeros) as Record<Name, Constant>
  }
  return { weights, layers }
}

/** Its values are checked each time they are read. @throws AppError 'model.weights-not-finite' when it is read */
function constantOf(path: string, { name, shape, read, blocks }: StoredTensor): Constant {
  const checked = (values: Float32Array): Float32Array => {
    if (areFinite(values)) return values
    throw new AppError('model.weights-not-finite', `${path}: the weights of ${name} hold NaN or infinity`, {
      hint: 'The training that made this file diverged, or the file is damaged.',
      data: { tensor: name },
    })
  }
  return lazyConstant(
    shape,
    () => checked(read()),
    function* () {
      for (const block of blocks()) yield checked(block)
    },
  )
}
