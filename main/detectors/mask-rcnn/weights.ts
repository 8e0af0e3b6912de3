import { AppError } from '#common/contract/errors.ts'
import { openHdf5, type Hdf5File } from '#main/files/hdf5.ts'
import { matchLayers, type MatchedTensors } from '#main/files/match-layers.ts'
import { storedLayers, type StoredLayer } from '#main/files/stored-layers.ts'
import { recordLayers } from '#main/tensor/stored-weights.ts'
import { boxHead, maskHead, trunk, type NetworkShape } from './network.ts'

/** A weight file of Matterport's Mask R-CNN: what network it is for, and its tensors. It stays open. */
export interface MaskRcnnWeights {
  readonly shape: NetworkShape
  readonly tensors: MatchedTensors
  readonly file: Hdf5File
}

const hint = 'Give weights of Matterport’s Mask R-CNN on ResNet50 or ResNet101, as mask_rcnn_coco.h5 holds them.'

/**
 * Opens weights as Matterport's Mask R-CNN saves them (`mask_rcnn_coco.h5` and such as were trained on it). Which network
 * they are for is read from them.
 * @throws AppError 'file.missing', 'file.unreadable', 'file.format'; 'model.format' naming the layer that does not fit
 */
export async function openWeights(path: string): Promise<MaskRcnnWeights> {
  const file = await openHdf5(path)
  try {
    const stored = storedLayers(file)
    if (!stored) throw misfit('it does not hold weights as model.save_weights("NAME.h5") of Keras 2 writes them')
    const shape = shapeOf(stored.layers)
    const { layers, weights } = recordLayers()
    for (const build of [
      () => trunk(shape, 64, weights),
      () => boxHead(shape, weights),
      () => maskHead(shape, weights),
    ])
      build()
    // by name, as Matterport loads them: some versions save more (their anchors), and the order is any
    const names = new Set(layers.map(({ name }) => name))
    const own = stored.layers.filter(({ name }) => names.has(name))
    return { shape, tensors: matchLayers(layers, own, { network: labelOf(shape), hint }), file }
  } catch (error) {
    file.close()
    throw error
  }
}

function labelOf({ backbone, nClasses }: NetworkShape): string {
  return `Mask R-CNN (${backbone === 'resnet50' ? 'ResNet50' : 'ResNet101'}, ${nClasses} classes)`
}

/** @throws AppError 'model.format' for a file of another network */
function shapeOf(layers: readonly StoredLayer[]): NetworkShape {
  const kernels = new Map(layers.map(({ name, tensors }) => [name, tensors[0]?.shape ?? []]))
  const axisOf = (layer: string, axis: number, isSound: (length: number) => boolean): number => {
    const kernel = kernels.get(layer)
    if (!kernel) throw misfit(`it has no layer ${layer}: it is not Mask R-CNN’s`, layer)
    const length = kernel[axis] ?? 0
    if (isSound(length)) return length
    throw misfit(`its layer ${layer} has the shape [${kernel.join(', ')}]: it is not Mask R-CNN’s`, layer)
  }
  const isAny = (length: number): boolean => length > 0
  return {
    // more blocks of the fourth stage than ResNet50 has
    backbone: [...kernels.keys()].some((name) => /^res4[g-w]_/.test(name)) ? 'resnet101' : 'resnet50',
    nRatios: axisOf('rpn_class_raw', 3, (length) => length > 0 && length % 2 === 0) / 2,
    poolSize: axisOf('mrcnn_class_conv1', 0, isAny),
    nClasses: axisOf('mrcnn_class_logits', 1, (length) => length > 1),
    maskPoolSize: 14,
  }
}

function misfit(message: string, layer?: string): AppError {
  return new AppError('model.format', message, { hint, ...(layer === undefined ? {} : { data: { layer } }) })
}
