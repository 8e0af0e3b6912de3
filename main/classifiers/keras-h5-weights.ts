import type { Hdf5File } from '#main/files/hdf5.ts'
import type { LayerEntry } from './keras-config/convert-config.ts'
import { misfit, type WeightedLayer } from './keras-model.ts'
import { listAt, type StoredTensor } from '#main/files/stored-layers.ts'

/** The weights beside a model in an .h5 file. */
export interface H5Weights {
  readonly tensorsOf: (layer: WeightedLayer) => readonly StoredTensor[]
  /** @throws AppError 'model.format' naming a tensor that no layer asked for */
  requireAllTaken(): void
}

const root = '/model_weights'

/** What layers such as RandomFlip draw their numbers from. */
const randomState = /(^|\/)(StateVar|seed_generator_state)(:\d+)?$/

/**
 * Weights of Keras's older layout: a group for each layer of the outermost model, whose attribute `weight_names` lists
 * the tensors. Those of a nested model are all in one group, first what is trained and then what is not; they are told
 * apart by the layer's name in the tensor's, which is `block1/conv/kernel:0` or the like.
 */
export function h5Weights(file: Hdf5File, model: LayerEntry): H5Weights {
  const left = new Map<string, Set<string>>()
  for (const layer of listAt(file, root, 'layer_names')) {
    const names = listAt(file, `${root}/${layer}`, 'weight_names').filter((name) => !randomState.test(name))
    if (names.length > 0) left.set(layer, new Set(names))
  }
  const nested = new Set(model.layers?.flatMap(({ name, layers }) => (layers ? name : [])))
  return {
    tensorsOf: ({ trail, weightNames }) => {
      const [outer = ''] = trail
      const own = left.get(outer) ?? new Set()
      const names = nested.has(outer) ? namesOf([...own], trail, weightNames.length) : [...own]
      for (const name of names) own.delete(name)
      return names.map((name) => {
        return { ...file.dataset(`${root}/${outer}/${name}`), name: `${outer}: ${name}` }
      })
    },
    requireAllTaken() {
      const custom = listAt(file, `${root}/top_level_model_weights`, 'weight_names')
      for (const [layer, names] of [...left, ['top_level_model_weights', custom] as const]) {
        const [extra] = names
        if (extra !== undefined) throw misfit(`the tensor ${extra} (${layer}) belongs to no layer`, extra)
      }
    },
  }
}

/**
 * The tensors of one layer among those of a nested model.
 * @param trail names of the models around the layer, and its own
 */
function namesOf(names: readonly string[], trail: readonly string[], wanted: number): readonly string[] {
  let found = names
  // layers of different models may share a name: the names of the models around tell them apart
  for (let depth = 1; depth <= trail.length; depth++) {
    const end = `/${trail.slice(-depth).join('/')}`
    const closer = found.filter((name) => `/${name.slice(0, name.lastIndexOf('/'))}`.endsWith(end))
    if (closer.length === 0) break
    found = closer
    if (found.length <= wanted) break
  }
  return found === names ? [] : found
}
