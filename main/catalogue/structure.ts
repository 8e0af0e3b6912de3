import { AppError } from '#common/contract/errors.ts'
import type { CatalogueEntry } from '#common/contract/procedures/catalogue.ts'
import { openHdf5, type Hdf5File } from '#main/files/hdf5.ts'

/** Channels that MobileNet's 13 blocks put out, at alpha 1. */
const blockChannels = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
const nClasses = 1000

/**
 * What speaks against a file's holding MobileNet's weights: every layer in Keras's order with the right shapes, and
 * numbers in them. For entries without a published hash, which are all of this network.
 * @returns null where nothing does
 */
export async function structureProblem(
  path: string,
  architecture: CatalogueEntry['architecture'],
): Promise<string | null> {
  let file: Hdf5File | undefined
  try {
    file = await openHdf5(path)
    return problemOf(file, mobilenetLayers(architecture))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'file.format') throw error
    return error.message.replace(path, 'the file').replace(/\.$/, '')
  } finally {
    file?.close()
  }
}

function problemOf(file: Hdf5File, expected: readonly (readonly Shape[])[]): string | null {
  const found = layersOf(file)
  for (const [i, shapes] of expected.entries()) {
    const layer = found[i]
    if (!layer) return `it has ${found.length} layers with weights, not ${expected.length}`
    const problem = layerProblem(file, layer, shapes)
    if (problem !== null) return problem
  }
  const further = found[expected.length]
  return further === undefined ? null : `it has a layer more, ${further.name}`
}

type Shape = readonly number[]

interface StoredLayer {
  readonly name: string
  /** of its weights, in order */
  readonly paths: readonly string[]
}

/** Shapes of each layer's weights, in Keras's order: kernels [height, width, in, out], then bias or normalisation. */
function mobilenetLayers({ alpha, top }: CatalogueEntry['architecture']): readonly (readonly Shape[])[] {
  let channels = 32 * alpha
  const normalisation = (): Shape[] => [[channels], [channels], [channels], [channels]]
  const layers: Shape[][] = [[[3, 3, 3, channels]], normalisation()]
  for (const atFull of blockChannels) {
    const next = atFull * alpha
    layers.push([[3, 3, channels, 1]], normalisation(), [[1, 1, channels, next]])
    channels = next
    layers.push(normalisation())
  }
  if (top) layers.push([[1, 1, channels, nClasses], [nClasses]])
  return layers
}

/** The layers that have weights, as `save_weights` of Keras 2 lists them. */
function layersOf(file: Hdf5File): StoredLayer[] {
  return namesIn(file.attribute('/', 'layer_names')).flatMap((name) => {
    const paths = namesIn(file.attribute(`/${name}`, 'weight_names')).map((weight) => `/${name}/${weight}`)
    return paths.length === 0 ? [] : [{ name, paths }]
  })
}

function namesIn(attribute: unknown): readonly string[] {
  if (typeof attribute === 'string') return [attribute]
  return Array.isArray(attribute) ? attribute.map(String) : []
}

function layerProblem(file: Hdf5File, { name, paths }: StoredLayer, shapes: readonly Shape[]): string | null {
  const datasets = paths.map((path) => file.dataset(path))
  const found = datasets.map(({ shape }) => shape)
  if (words(found) !== words(shapes)) return `its layer ${name} has the shapes ${words(found)}, not ${words(shapes)}`
  const isFinite = datasets.every((dataset) => dataset.read().every(Number.isFinite))
  return isFinite ? null : `its layer ${name} has values that are no numbers`
}

function words(shapes: readonly Shape[]): string {
  return shapes.map((shape) => `[${shape.join(', ')}]`).join(' ')
}
