import * as h5wasm from 'h5wasm/node'
import type { WeightsOf } from '#main/tensor/network-builder.ts'
import { architectureGraph, type NetworkOptions } from '#main/classifiers/architectures/registry.ts'
import type { ArchitectureName } from '#common/contract/procedures/models.ts'
import { lazyConstant, sizeOf, type Constant } from '#main/tensor/graph.ts'
import { seededUniform } from './small-model.ts'

interface WrittenTensor {
  /** as Keras lists it: `conv1/kernel:0` */
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export interface WrittenLayer {
  readonly name: string
  readonly tensors: readonly WrittenTensor[]
}

/** All layers of a network, those without weights as well, with plausible weights that depend on the seed only. */
export function seededLayers(name: ArchitectureName, options: NetworkOptions, seed = 1): WrittenLayer[] {
  const uniform = seededUniform(seed)
  const tensors = new Map<string, WrittenTensor[]>()
  const record: WeightsOf = <Name extends string>(layer: string, shapes: Readonly<Record<Name, readonly number[]>>) => {
    const written = Object.entries<readonly number[]>(shapes).map(([tensor, shape]) => {
      const [low, high] = rangeOf(tensor, shape)
      const values = Float32Array.from({ length: sizeOf(shape) }, () => low + uniform() * (high - low))
      return { name: `${layer}/${tensor}:0`, shape, values }
    })
    tensors.set(layer, written)
    const constants = written.map(({ shape, values }) => lazyConstant(shape, () => values))
    return Object.fromEntries(Object.keys(shapes).map((key, i) => [key, constants[i]!])) as Record<Name, Constant>
  }
  const { nodes } = architectureGraph(name, options, record)
  const names = nodes.map((node) => node.name).filter((own) => !own.includes('/'))
  return names.map((own) => ({ name: own, tensors: tensors.get(own) ?? [] }))
}

/** The weights of such layers, for building the network. */
export function weightsOf(layers: readonly WrittenLayer[]): WeightsOf {
  return <Name extends string>(layer: string, shapes: Readonly<Record<Name, readonly number[]>>) => {
    const { tensors } = layers.find(({ name }) => name === layer)!
    const constants = tensors.map(({ shape, values }): Constant => ({ shape, data: values }))
    return Object.fromEntries(Object.keys(shapes).map((key, i) => [key, constants[i]!])) as Record<Name, Constant>
  }
}

function rangeOf(tensor: string, shape: readonly number[]): readonly [number, number] {
  if (tensor === 'gamma' || tensor === 'moving_variance') return [0.6, 1.4]
  if (!tensor.endsWith('kernel')) return [-0.3, 0.3]
  const fanIn = sizeOf(shape.slice(0, tensor === 'depthwise_kernel' ? 2 : -1))
  return [-Math.sqrt(6 / fanIn), Math.sqrt(6 / fanIn)]
}

/**
 * Writes a file as Keras 2's `save_weights` does.
 * @param options.root group of the layers; that of a whole model is `/model_weights`
 * @param options.strings how the lists of names are stored: as h5py did of old, or does now
 */
export function writeKerasWeights(
  path: string,
  layers: readonly WrittenLayer[],
  { root = '/', strings = 'fixed' }: { root?: string; strings?: 'fixed' | 'variable' } = {},
): void {
  const file = new h5wasm.File(path, 'w')
  try {
    const top = root === '/' ? file : file.create_group(root.slice(1))
    setNames(
      top,
      'layer_names',
      layers.map(({ name }) => name),
      strings,
    )
    for (const { name, tensors } of layers) {
      const group = top.create_group(name)
      setNames(
        group,
        'weight_names',
        tensors.map((tensor) => tensor.name),
        strings,
      )
      for (const tensor of tensors) createDataset(group, tensor)
    }
  } finally {
    file.close()
  }
}

function setNames(
  group: h5wasm.Group,
  attribute: string,
  names: readonly string[],
  strings: 'fixed' | 'variable',
): void {
  const length = Math.max(1, ...names.map((name) => name.length))
  // NumPy has no strings of length 0: an empty list is one of numbers
  if (names.length === 0) group.create_attribute(attribute, new Float64Array(0), [0])
  else group.create_attribute(attribute, [...names], [names.length], strings === 'fixed' ? `S${length}` : 'S')
}

/** The dataset's name holds the names of groups above it. */
function createDataset(group: h5wasm.Group, { name, shape, values }: WrittenTensor): void {
  const parts = name.split('/')
  let parent = group
  for (const part of parts.slice(0, -1)) {
    const known = parent.keys().includes(part)
    parent = known ? (parent.get(part) as h5wasm.Group) : parent.create_group(part)
  }
  parent.create_dataset({ name: parts.at(-1)!, data: values, shape: [...shape] })
}
