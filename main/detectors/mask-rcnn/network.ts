import type { Graph } from '#main/tensor/graph.ts'
import { NetworkBuilder, type WeightsOf } from '#main/tensor/network-builder.ts'

/** What the dense parts of the network depend on. */
export interface NetworkShape {
  readonly backbone: 'resnet50' | 'resnet101'
  /** background counted */
  readonly nClasses: number
  /** anchors a cell */
  readonly nRatios: number
  /** cells of the regions that the heads are given, and of a mask */
  readonly poolSize: number
  readonly maskPoolSize: number
}

/** A part of the network, and what is read of it: indices of nodes by name. */
export interface NetworkPart {
  readonly graph: Graph
  readonly outputs: ReadonlyMap<string, number>
}

/** The levels of the pyramid; the last one is for proposals only. */
export const pyramidLevels = ['p2', 'p3', 'p4', 'p5', 'p6'] as const

const epsilon = 1e-3
/** Channels of every feature map of the pyramid. */
const pyramidChannels = 256
const proposalChannels = 512
const headUnits = 1024

/**
 * Backbone, feature pyramid and region proposal network, from the molded photo to `p2`…`p5` [height, width, 256] and, for
 * `p2`…`p6`, `p2/class` [height, width, 2 · ratios] (logits, background first) and `p2/box` [height, width, 4 · ratios].
 * Layers have Matterport's names; those that run on every level have the level's behind an @.
 * @param side of the molded photo, a multiple of 64
 * @see https://github.com/matterport/Mask_RCNN/blob/3deaec5d902d16e1daf56b62d5971d428dc920bc/mrcnn/model.py
 */
export function trunk(shape: NetworkShape, side: number, weights: WeightsOf): NetworkPart {
  const net = new NetworkBuilder([side, side, 3], sharedByLevels(weights))
  const [c2, c3, c4, c5] = backbone(net, shape.backbone)
  const outputs = new Map([
    ['c2', c2],
    ['c3', c3],
    ['c4', c4],
    ['c5', c5],
  ])
  const lateral = (name: string, x: number): number =>
    net.conv(name, x, { filters: pyramidChannels, size: 1, padding: 'valid' })
  const t5 = lateral('fpn_c5p5', c5)
  const t4 = net.add('fpn_p4add', net.upsample('fpn_p5upsampled', t5, 2), lateral('fpn_c4p4', c4))
  const t3 = net.add('fpn_p3add', net.upsample('fpn_p4upsampled', t4, 2), lateral('fpn_c3p3', c3))
  const t2 = net.add('fpn_p2add', net.upsample('fpn_p3upsampled', t3, 2), lateral('fpn_c2p2', c2))
  const maps = [t2, t3, t4, t5].map((x, i) => net.conv(`fpn_p${i + 2}`, x, { filters: pyramidChannels, size: 3 }))
  maps.push(net.maxPool('fpn_p6', maps[3]!, { size: 1, stride: 2 }))
  for (const [i, level] of pyramidLevels.entries()) {
    outputs.set(level, maps[i]!)
    const x = net.conv(`rpn_conv_shared@${level}`, maps[i]!, { filters: proposalChannels, size: 3, activation: 'relu' })
    const each = { size: 1, padding: 'valid' } as const
    outputs.set(`${level}/class`, net.conv(`rpn_class_raw@${level}`, x, { filters: 2 * shape.nRatios, ...each }))
    outputs.set(`${level}/box`, net.conv(`rpn_bbox_pred@${level}`, x, { filters: 4 * shape.nRatios, ...each }))
  }
  return { graph: net.graph(outputs.get('p6/box')!), outputs }
}

/** What a region is: from its part of the pyramid [7, 7, 256] to `class` [classes] (logits) and `box` [4 · classes]. */
export function boxHead({ poolSize, nClasses }: NetworkShape, weights: WeightsOf): NetworkPart {
  const net = new NetworkBuilder([poolSize, poolSize, pyramidChannels], weights)
  // Matterport's convolutions over the whole region: as products of matrices they read their weights once, not per region
  let x = net.flatten('mrcnn_class_flatten', net.input)
  for (const [i, size] of [poolSize, 1].entries()) {
    const stored = [size, size, net.shape(x)[0]! / size ** 2, headUnits]
    x = net.dense(`mrcnn_class_conv${i + 1}`, x, { units: headUnits, stored })
    x = net.relu(`mrcnn_class_relu${i + 1}`, net.batchNorm(`mrcnn_class_bn${i + 1}`, x, epsilon))
  }
  const outputs = new Map([
    ['class', net.dense('mrcnn_class_logits', x, { units: nClasses })],
    ['box', net.dense('mrcnn_bbox_fc', x, { units: 4 * nClasses })],
  ])
  return { graph: net.graph(outputs.get('box')!), outputs }
}

/** Where in a region its object is: from its part of the pyramid [14, 14, 256] to `mask` [28, 28, classes], 0…1. */
export function maskHead({ maskPoolSize, nClasses }: NetworkShape, weights: WeightsOf): NetworkPart {
  const net = new NetworkBuilder([maskPoolSize, maskPoolSize, pyramidChannels], weights)
  let x = net.input
  for (const i of [1, 2, 3, 4]) {
    x = net.conv(`mrcnn_mask_conv${i}`, x, { filters: pyramidChannels, size: 3 })
    x = net.relu(`mrcnn_mask_relu${i}`, net.batchNorm(`mrcnn_mask_bn${i}`, x, epsilon))
  }
  x = net.convTranspose('mrcnn_mask_deconv', x, { filters: pyramidChannels, size: 2, activation: 'relu' })
  const mask = net.conv('mrcnn_mask', x, { filters: nClasses, size: 1, padding: 'valid', activation: 'sigmoid' })
  return { graph: net.graph(mask), outputs: new Map([['mask', mask]]) }
}

/** ResNet with biases and the stride in the first convolution of a block; the last feature map of four of its stages. */
function backbone(net: NetworkBuilder, name: NetworkShape['backbone']): readonly [number, number, number, number] {
  let x = net.pad('conv1_pad', net.input, [3, 3, 3, 3])
  x = net.conv('conv1', x, { filters: 64, size: 7, stride: 2, padding: 'valid' })
  x = net.relu('conv1_relu', net.batchNorm('bn_conv1', x, epsilon))
  x = net.maxPool('pool1', x, { size: 3, stride: 2, padding: 'same' })
  const nBlocks = { 2: 3, 3: 4, 4: name === 'resnet50' ? 6 : 23, 5: 3 } as const
  const ends = ([2, 3, 4, 5] as const).map((stage) => {
    const filters = 64 * 2 ** (stage - 2)
    for (let i = 0; i < nBlocks[stage]; i++) {
      const block = `${stage}${String.fromCharCode('a'.charCodeAt(0) + i)}`
      x = bottleneck(net, block, x, { filters, isFirst: i === 0, stride: i === 0 && stage > 2 ? 2 : 1 })
    }
    return x
  })
  return ends as unknown as readonly [number, number, number, number]
}

function bottleneck(
  net: NetworkBuilder,
  block: string,
  input: number,
  { filters, isFirst, stride }: { readonly filters: number; readonly isFirst: boolean; readonly stride: number },
): number {
  const conv = (branch: string, x: number, more: { filters: number; size: number; stride?: number }): number => {
    const y = net.conv(`res${block}_branch${branch}`, x, { padding: more.size === 1 ? 'valid' : 'same', ...more })
    return net.batchNorm(`bn${block}_branch${branch}`, y, epsilon)
  }
  let x = net.relu(`res${block}_relu2a`, conv('2a', input, { filters, size: 1, stride }))
  x = net.relu(`res${block}_relu2b`, conv('2b', x, { filters, size: 3 }))
  x = conv('2c', x, { filters: 4 * filters, size: 1 })
  const shortcut = isFirst ? conv('1', input, { filters: 4 * filters, size: 1, stride }) : input
  return net.relu(`res${block}_out`, net.add(`res${block}_add`, x, shortcut))
}

/** The weights of a layer by its name before the @, the same ones on each level. */
function sharedByLevels(weights: WeightsOf): WeightsOf {
  const known = new Map<string, ReturnType<WeightsOf>>()
  return <Name extends string>(layer: string, shapes: Readonly<Record<Name, readonly number[]>>) => {
    const [name = layer] = layer.split('@')
    const found = known.get(name) ?? weights(name, shapes)
    known.set(name, found)
    return found
  }
}
