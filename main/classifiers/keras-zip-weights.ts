import type { Hdf5File } from '#main/files/hdf5.ts'
import type { LayerEntry } from './keras-config/convert-config.ts'
import { misfit, type WeightedLayer } from './keras-model.ts'
import type { StoredTensor } from '#main/files/stored-layers.ts'

/** Where the weights of each layer are, by the names of the models around it and its own. */
type Places = ReadonlyMap<string, string>

/**
 * Weights of Keras 3's layout: `layers/conv2d_1/vars/0`. A layer is found by its class and its number among those of
 * this class in its model, never by its name.
 */
export function keras3Weights(file: Hdf5File, model: LayerEntry): (layer: WeightedLayer) => readonly StoredTensor[] {
  const places = placesOf(file, model)
  requireNothingElse(file, model, places)
  return ({ trail }) => {
    const vars = `${places.get(trail.join('\n'))!}/vars`
    if (!file.has(vars)) return []
    requireName(file, vars, trail)
    return Array.from({ length: file.children(vars).length }, (_, i) => {
      const name = `${vars}/${i}`
      if (!file.has(name)) throw misfit(`${name} is missing`, name)
      return { ...file.dataset(name), name }
    })
  }
}

function placesOf(file: Hdf5File, model: LayerEntry, at = '', trail: readonly string[] = []): Places {
  const places = new Map<string, string>()
  const folder = `${at}/${layersFolder(file, at)}`
  const counts = new Map<string, number>()
  for (const { name, className, layers } of model.layers ?? []) {
    const key = snakeCase(className)
    const count = counts.get(key) ?? 0
    counts.set(key, count + 1)
    const place = `${folder}/${count === 0 ? key : `${key}_${count}`}`
    const own = [...trail, name]
    places.set(own.join('\n'), place)
    if (layers) {
      for (const entry of placesOf(file, { name, className, layers }, place, own)) places.set(...entry)
    }
  }
  return places
}

/** TensorFlow's Keras 2.12 called it otherwise. */
function layersFolder(file: Hdf5File, at: string): string {
  const old = '_layer_checkpoint_dependencies'
  return !file.has(`${at}/layers`) && file.has(`${at}/${old}`) ? old : 'layers'
}

/** As `keras.utils.naming.to_snake_case`. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}

/** Newer versions note the layer's name beside its weights: where it is another, the file’s parts belong to different models. */
function requireName(file: Hdf5File, vars: string, trail: readonly string[]): void {
  const noted = file.attribute(vars, 'name')
  const own = trail.at(-1)!
  if (typeof noted === 'string' && noted !== own) {
    throw misfit(`${vars} holds the weights of the layer ${noted}, not of ${own}`, vars)
  }
}

/** @throws AppError 'model.format' naming weights that no layer of the description has */
function requireNothingElse(file: Hdf5File, model: LayerEntry, places: Places): void {
  const known = new Set(places.values())
  const check = (at: string, layers: LayerEntry['layers']): void => {
    const folder = `${at}/${layersFolder(file, at)}`
    if (!layers) return
    for (const key of file.has(folder) ? file.children(folder) : []) {
      const place = `${folder}/${key}`
      if (!known.has(place) && hasWeights(file, place)) throw misfit(`${place} belongs to no layer`, place)
    }
    if (hasWeights(file, at)) throw misfit(`${at}/vars belongs to no layer`, `${at}/vars`)
  }
  check('', model.layers)
  const visit = (entry: LayerEntry, trail: readonly string[]): void => {
    for (const child of entry.layers ?? []) {
      const own = [...trail, child.name]
      check(places.get(own.join('\n'))!, child.layers)
      visit(child, own)
    }
  }
  visit(model, [])
}

function hasWeights(file: Hdf5File, place: string): boolean {
  const vars = `${place}/vars`
  return file.has(vars) && file.children(vars).length > 0
}
