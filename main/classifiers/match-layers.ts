import { AppError } from '#common/contract/errors.ts'
import type { StoredLayer, StoredTensor } from './stored-layers.ts'

/** A layer as a network has it: its tensors by their names, in Keras's order, with their shapes. */
export interface WantedLayer {
  readonly name: string
  readonly shapes: Readonly<Record<string, readonly number[]>>
}

/** Stored tensors by the names of the layer and of the tensor that the network gives them. */
export type MatchedTensors = ReadonlyMap<string, ReadonlyMap<string, StoredTensor>>

/**
 * Assigns stored tensors to a network's layers: by the layers' names where those are the network's, else in order, as
 * Keras's `load_weights` does.
 * @param network what messages call it
 * @throws AppError 'model.format' naming the first layer or tensor that does not fit
 */
export function matchLayers(
  wanted: readonly WantedLayer[],
  stored: readonly StoredLayer[],
  network: string,
): MatchedTensors {
  const byName = new Map(stored.map((layer) => [layer.name, layer]))
  const nKnown = wanted.filter(({ name }) => byName.has(name)).length
  const areNamesSame = nKnown === wanted.length && stored.length === wanted.length
  if (!areNamesSame && stored.length !== wanted.length) throw wrongLayers(wanted, stored, { network, nKnown })
  return new Map(
    wanted.map((layer, i) => {
      const found = areNamesSame ? byName.get(layer.name)! : stored[i]!
      return [layer.name, matchTensors(layer, found, network)]
    }),
  )
}

function wrongLayers(
  wanted: readonly WantedLayer[],
  stored: readonly StoredLayer[],
  { network, nKnown }: { readonly network: string; readonly nKnown: number },
): AppError {
  const missing = wanted.find(({ name }) => !stored.some((layer) => layer.name === name))
  const extra = stored.find(({ name }) => !wanted.some((layer) => layer.name === name))
  // names of a network's own tell what is wrong; foreign ones only differ
  if (nKnown > wanted.length / 2 && missing && stored.length < wanted.length) {
    return misfit(`the layer ${missing.name} of ${network} is missing`, missing.name)
  }
  if (nKnown > wanted.length / 2 && extra) {
    return misfit(`the layer ${extra.name} is none of ${network}’s`, extra.name)
  }
  return misfit(`it holds ${stored.length} layers with weights, ${network} has ${wanted.length}`)
}

function matchTensors(
  { name: layer, shapes }: WantedLayer,
  { name: storedName, tensors }: StoredLayer,
  network: string,
): ReadonlyMap<string, StoredTensor> {
  const wanted = Object.entries(shapes)
  if (tensors.length !== wanted.length) {
    const [what, number] = [Object.keys(shapes).join(', '), tensors.length]
    throw misfit(
      `the layer ${storedName} holds ${number} tensors, ${network}’s ${layer} has ${wanted.length} (${what})`,
      layer,
    )
  }
  return new Map(
    wanted.map(([name, shape], i) => {
      const tensor = tensors[i]!
      if (tensor.shape.join() === shape.join()) return [name, tensor]
      const both = `has the shape [${tensor.shape.join(', ')}], ${network}’s ${layer}/${name} [${shape.join(', ')}]`
      throw misfit(`the tensor ${tensor.name} ${both}`, tensor.name)
    }),
  )
}

function misfit(message: string, tensor?: string): AppError {
  return new AppError('model.format', message, {
    hint: 'The weights belong to another network: say which with --architecture, --alpha and --no-top.',
    ...(tensor === undefined ? {} : { data: { tensor } }),
  })
}
