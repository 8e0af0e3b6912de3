import { AppError } from '#common/contract/errors.ts'
import { alphas, type ArchitectureName, type ArchitectureRequest } from '#common/contract/procedures/models.ts'
import { matchLayers, type MatchedTensors, type WantedLayer } from '#main/files/match-layers.ts'
import type { StoredLayer, StoredLayers } from '#main/files/stored-layers.ts'
import type { Graph } from '#main/tensor/graph.ts'
import { recordLayers } from '#main/tensor/stored-weights.ts'
import { knownArchitecture } from './architectures/known-architectures.ts'
import { architectureGraph, architectures, type Head } from './architectures/registry.ts'

const otherNetwork = 'The weights belong to another network: say which with --architecture, --alpha and --no-top.'

/** A network whose every tensor was found in a file. */
export interface NetworkPlan {
  readonly head: Exclude<Head, { kind: 'none' }>
  /** pixels of the photos that its head needs; null: any */
  readonly side: number | null
  readonly tensors: MatchedTensors
}

/**
 * Finds the tensors of a network among those of a file, which also say how many classes and hidden units there are.
 * @throws AppError 'model.format' saying what does not fit: another network's weights, another head, a layer or tensor
 */
export function planNetwork(request: ArchitectureRequest, { names, layers }: StoredLayers): NetworkPlan {
  requireSameNetwork(request, names, layers)
  const { layers: featureLayers, graph } = wantedOf(request, { kind: 'none' })
  const topLayers = wantedOf(request, { kind: 'top', classes: 1 }).layers.slice(featureLayers.length)
  const beyond = layersBeyond(featureLayers, layers)
  requireHead(request, topLayers, beyond)

  const scores = beyond.find(({ name }) => name === topLayers.at(-1)!.name) ?? beyond.at(-1)
  const classes = lastDimension(scores)
  const head = request.top
    ? ({ kind: 'top', classes } as const)
    : ({ kind: 'obalex', units: lastDimension(beyond.at(-2)), classes } as const)
  const isFlattened = !request.top || architectures[request.name].hasFixedSize
  const channels = graph.nodes[graph.output]!.shape.at(-1)!
  const side = isFlattened ? sideOf(request, (beyond[0]?.tensors[0]?.shape[0] ?? 0) / channels) : null
  const wanted = wantedOf(request, head, side ?? usualSide).layers
  return { head, side, tensors: matchLayers(wanted, layers, { network: labelOf(request), hint: otherNetwork }) }
}

/**
 * Finds the tensors of a network without any head among those of a file that holds nothing else.
 * @throws AppError 'model.format' as `planNetwork`
 */
export function matchFeatures(request: ArchitectureRequest, { names, layers }: StoredLayers): MatchedTensors {
  requireSameNetwork(request, names, layers)
  return matchLayers(wantedOf(request, { kind: 'none' }).layers, layers, {
    network: labelOf(request),
    hint: otherNetwork,
  })
}

/** The layers that follow the features: by their names where the features have theirs, else by their number. */
function layersBeyond(features: readonly WantedLayer[], stored: readonly StoredLayer[]): readonly StoredLayer[] {
  const names = new Set(features.map(({ name }) => name))
  const further = stored.filter(({ name }) => !names.has(name))
  return further.length < stored.length / 2 ? further : stored.slice(features.length)
}

/** Pixels of the photos whose feature map has so many cells; the usual ones where no square map has. */
function sideOf({ name }: ArchitectureRequest, nCells: number): number {
  const cells = Math.sqrt(nCells)
  return Number.isInteger(cells) && cells > 0 ? cells * architectures[name].cellSize : usualSide
}

const usualSide = 224

/** The layers with weights of a network, in Keras's order, from building it with zeros. */
function wantedOf(
  { name, alpha }: ArchitectureRequest,
  head: Head,
  side = usualSide,
): { readonly layers: readonly WantedLayer[]; readonly graph: Graph } {
  const { layers, weights } = recordLayers()
  const graph = architectureGraph(name, { inputShape: [side, side, 3], alpha, head }, weights)
  return { layers, graph }
}

function lastDimension(layer: StoredLayer | undefined): number {
  return layer?.tensors.at(-1)?.shape.at(-1) || 1
}

function labelOf({ name, alpha }: { readonly name: ArchitectureName; readonly alpha: number }): string {
  const { label } = architectures[name]
  return alpha === 1 ? label : `${label} ${alpha}`
}

/** @throws AppError 'model.format' for weights of another network, where the names of the layers tell */
function requireSameNetwork(
  request: ArchitectureRequest,
  names: readonly string[],
  layers: readonly StoredLayer[],
): void {
  const found = knownArchitecture(names)
  if (!found) return
  if (found.name !== request.name) {
    const hint =
      found.name === null
        ? 'Save the whole model with model.save("NAME.keras"), and leave --architecture out.'
        : `Give --architecture ${found.name}.`
    throw new AppError('model.format', `it holds ${found.label}’s weights, not ${labelOf(request)}’s`, { hint })
  }
  if (found.name !== 'mobilenet') return
  const first = layers.find(({ name }) => name === 'conv1') ?? layers[0]
  const alpha = (first?.tensors[0]?.shape[3] ?? NaN) / 32
  if (alpha === request.alpha || !alphas.some((share) => share === alpha)) return
  const own = labelOf({ name: 'mobilenet', alpha })
  throw new AppError('model.format', `it holds ${own}’s weights, not ${labelOf(request)}’s`, {
    hint: `Give --alpha ${alpha}.`,
  })
}

/**
 * @param top the layers of ImageNet's head
 * @param beyond the layers of the file's head
 * @throws AppError 'model.format' where the file has no head, or another one than was asked for
 */
function requireHead(request: ArchitectureRequest, top: readonly WantedLayer[], beyond: readonly StoredLayer[]): void {
  const { label, headUnits } = architectures[request.name]
  if (beyond.length === 0) {
    throw new AppError('model.format', `it ends at ${label}’s last feature map: it tells no classes`, {
      hint: `Give weights with ImageNet’s classes, or those of a network trained on top of these (ObAlEx’s own has ${headUnits} hidden units).`,
    })
  }
  const isTop = top.some(({ name }) => beyond.some((layer) => layer.name === name)) || beyond.length === top.length
  if (request.top && !isTop && beyond.length === 2) {
    throw new AppError('model.format', 'it holds a head of two dense layers, not ImageNet’s', {
      hint: 'Give --no-top.',
    })
  }
  if (!request.top && isTop) {
    throw new AppError('model.format', 'it holds ImageNet’s head', { hint: 'Leave --no-top out.' })
  }
}
