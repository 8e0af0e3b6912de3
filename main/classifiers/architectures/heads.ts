import type { NetworkBuilder } from '#main/tensor/network-builder.ts'

/**
 * Adds the head that ObAlEx's authors put on a feature map: Flatten, a hidden layer, the probabilities of the classes.
 * @see Nguyen et al., ECIR 2021, section 3
 */
export function addHead(
  net: NetworkBuilder,
  features: number,
  { units, classes }: { readonly units: number; readonly classes: number },
): number {
  let x = net.flatten('flatten', features)
  x = net.dense('dense_1', x, { units, activation: 'relu' })
  return net.dense('dense_2', x, { units: classes, activation: 'softmax' })
}
