import type { ArchitectureName } from '#common/contract/procedures/models.ts'
import type { Graph } from '#main/tensor/graph.ts'
import type { Alpha, Architecture } from './architecture.ts'
import { addHead } from './heads.ts'
import { mobilenet } from './mobilenet.ts'
import { NetworkBuilder, type WeightsOf } from '#main/tensor/network-builder.ts'
import { resnet50 } from './resnet50.ts'
import { vgg16 } from './vgg16.ts'

/** Every network that can be built in code; a new one is a file, a line here and a name in the contract. */
export const architectures: Readonly<Record<ArchitectureName, Architecture>> = { vgg16, resnet50, mobilenet }

/** What follows the last feature map. */
export type Head =
  | { readonly kind: 'none' }
  /** the network's own, as it was made for ImageNet */
  | { readonly kind: 'top'; readonly classes: number }
  /** that of ObAlEx's authors */
  | { readonly kind: 'obalex'; readonly units: number; readonly classes: number }

export interface NetworkOptions {
  /** [height, width, 3] */
  readonly inputShape: readonly number[]
  readonly alpha: Alpha
  readonly head: Head
}

/**
 * Builds a network of keras.applications, layer names and all.
 * @throws AppError 'model.format' for photos that are too small for it; what `weights` throws
 */
export function architectureGraph(name: ArchitectureName, options: NetworkOptions, weights: WeightsOf): Graph {
  const { inputShape, alpha, head } = options
  const architecture = architectures[name]
  const net = new NetworkBuilder(inputShape, weights)
  const features = architecture.features(net, { alpha })
  if (head.kind === 'none') return net.graph(features)
  return net.graph(head.kind === 'top' ? architecture.top(net, features, head) : addHead(net, features, head))
}
