import type { Hdf5Dataset, Hdf5File } from './hdf5.ts'

/** A tensor in a file of weights. */
export interface StoredTensor extends Hdf5Dataset {
  /** as the file lists it, for messages */
  readonly name: string
}

/** A layer that has weights, as Keras's `save_weights` writes it to HDF5. */
export interface StoredLayer {
  readonly name: string
  readonly tensors: readonly StoredTensor[]
}

export interface StoredLayers {
  /** names of all layers, those without weights as well */
  readonly names: readonly string[]
  /** those with weights, in the model's order */
  readonly layers: readonly StoredLayer[]
}

/**
 * What a file of weights holds: that of `save_weights`, or the weights beside a whole model. Old files call their
 * tensors otherwise; the lists in the file count.
 * @returns null where the file is laid out in another way
 * @throws AppError 'file.format' for a tensor that is listed and cannot be read
 */
export function storedLayers(file: Hdf5File): StoredLayers | null {
  const root = ['/', '/model_weights'].find((group) => listAt(file, group, 'layer_names').length > 0)
  if (root === undefined) return null
  const groups = listAt(file, root, 'layer_names')
  const layers = groups.flatMap((group) => layersOf(file, `${root}/${group}`.replace('//', '/'), group))
  return { names: [...new Set([...groups, ...layers.map(({ name }) => name)])], layers }
}

/** One layer; where the group is a model inside the model, its layers by the names of their tensors. */
function layersOf(file: Hdf5File, path: string, group: string): StoredLayer[] {
  const byOwner = new Map<string, StoredTensor[]>()
  for (const name of listAt(file, path, 'weight_names')) {
    const dataset = file.dataset(`${path}/${name}`)
    const owner = name.split('/').at(-2) ?? group
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), { ...dataset, name }])
  }
  if (byOwner.size === 1) return [{ name: group, tensors: [...byOwner.values()].flat() }]
  return [...byOwner].map(([name, tensors]) => ({ name, tensors }))
}

/** A list of names, which Keras cuts into NAME0, NAME1… where it is longer than an attribute may be. */
export function listAt(file: Hdf5File, path: string, name: string): readonly string[] {
  if (!file.has(path)) return []
  const whole = file.attribute(path, name)
  if (whole !== null) return strings(whole)
  const parts: string[] = []
  for (let i = 0; ; i++) {
    const part = file.attribute(path, `${name}${i}`)
    if (part === null) return parts
    parts.push(...strings(part))
  }
}

/** An empty list is stored as one of numbers. */
function strings(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
