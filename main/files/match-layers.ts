import { AppError } from '#common/contract/errors.ts'
import type { StoredLayer, StoredTensor } from './stored-layers.ts'

/** A layer as a network has it: its tensors by their names, in Keras's order, with their shapes. */
export interface WantedLayer {
  readonly name: string
  readonly shapes: Readonly<Record<string, readonly number[]>>
}

/** What messages say of a network. */
export interface NetworkNames {
  readonly network: string
  /** what to do about weights of another one */
  readonly hint: string
}

/** Stored tensors by the names of the layer and of the tensor that the network gives them. */
export type MatchedTensors = ReadonlyMap<string, ReadonlyMap<string, StoredTensor>>

/**
 * Assigns stored tensors to a network's layers: by the layers' names where those are the network's, else in order, as
 * Keras's `load_weights` does.
 * @throws AppError 'model.format' naming the first layer or tensor that does not fit
 */
export function matchLayers(
  wanted: readonly WantedLayer[],
  stored: readonly StoredLayer[],
  names: NetworkNames,
): MatchedTensors {
  const byName = new Map(stored.map((layer) => [layer.name, layer]))
  const nKnown = wanted.filter(({ name }) => byName.has(name)).length
  const areNamesSame = nKnown === wanted.length && stored.length === wanted.length
  if (!areNamesSame && stored.length !== wanted.length) throw wrongLayers(wanted, stored, { ...names, nKnown })
  return new Map(
    wanted.map((layer, i) => {
      const found = areNamesSame ? byName.get(layer.name)! : stored[i]!
      return [layer.name, matchTensors(layer, found, names)]
    }),
  )
}

function wrongLayers(
  wanted: readonly WantedLayer[],
  stored: readonly StoredLayer[],
  { network, hint, nKnown }: NetworkNames & { readonly nKnown: number },
): AppError {
  const missing = wanted.find(({ name }) => !stored.some((layer) => layer.name === name))
  const extra = stored.find(({ name }) => !wanted.some((layer) => layer.name === name))
  // names of a network's own tell what is wrong; foreign ones only differ
  if (nKnown > wanted.length / 2 && missing && stored.length < wanted.length) {
    return misfit(`the layer ${missing.name} of ${network} is missing`, hint, missing.name)
  }
  if (nKnown > wanted.length / 2 && extra) {
    return misfit(`the layer ${extra.name} is none of ${network}’s`, hint, extra.name)
  }
  return misfit(`it holds ${stored.length} layers with weights, ${network} has ${wanted.length}`, hint)
}

function matchTensors(
  { name: layer, shapes }: WantedLayer,
  { name: storedName, tensors }: StoredLayer,
  { network, hint }: NetworkNames,
): ReadonlyMap<string, StoredTensor> {
  const wanted = Object.entries(shapes)
  if (tensors.length !== wanted.length) {
    const [what, number] = [Object.keys(shapes).join(', '), tensors.length]
    throw misfit(
      `the layer ${storedName} holds ${number} tensors, ${network}’s ${layer} has ${wanted.length} (${what})`,
      hint,
      layer,
    )
  }
  return new Map(
    wanted.map(([name, shape], i) => {
      const tensor = tensors[i]!
      if (tensor.shape.join() === shape.join()) return [name, tensor]
      const both = `has the shape [${tensor.shape.join(', ')}], ${network}’s ${layer}/${name} [${shape.join(', ')}]`
      throw misfit(`the tensor ${tensor.name} ${both}`, hint, tensor.name)
    }),
  )
}

function misfit(message: string, hint: string, tensor?: string): AppError {
  return new AppError('model.format', message, {
    hint,
    ...(tensor === undefined ? {} : { data: { tensor } }),
  })
}
