import type { Architecture } from './architecture.ts'
import type { NetworkBuilder } from '#main/tensor/network-builder.ts'

/** The stacks of bottleneck blocks (He et al. 2016, table 1, 50 layers). */
const stacks = [
  { name: 'conv2', filters: 64, nBlocks: 3, stride: 1 },
  { name: 'conv3', filters: 128, nBlocks: 4, stride: 2 },
  { name: 'conv4', filters: 256, nBlocks: 6, stride: 2 },
  { name: 'conv5', filters: 512, nBlocks: 3, stride: 2 },
]

const epsilon = 1.001e-5

/** @see https://github.com/keras-team/keras/blob/v2.15.0/keras/applications/resnet.py */
export const resnet50: Architecture = {
  label: 'ResNet50',
  cellSize: 32,
  hasFixedSize: false,
  headUnits: 1024,

  features(net) {
    let x = net.pad('conv1_pad', net.input, [3, 3, 3, 3])
    x = net.conv('conv1_conv', x, { filters: 64, size: 7, stride: 2, padding: 'valid' })
    x = net.relu('conv1_relu', net.batchNorm('conv1_bn', x, epsilon))
    x = net.maxPool('pool1_pool', net.pad('pool1_pad', x, [1, 1, 1, 1]), { size: 3, stride: 2 })
    for (const { name, filters, nBlocks, stride } of stacks) {
      for (let i = 1; i <= nBlocks; i++) {
        x = block(net, `${name}_block${i}`, x, { filters, stride: i === 1 ? stride : 1, isFirst: i === 1 })
      }
    }
    return x
  },

  top(net, features, { classes }) {
    const x = net.globalAveragePool('avg_pool', features, { keepDims: false })
    return net.dense('predictions', x, { units: classes, activation: 'softmax' })
  },
}

/** The stride is in the first 1×1 convolution; the first block of a stack has a convolution in its shortcut, too. */
function block(
  net: NetworkBuilder,
  name: string,
  input: number,
  { filters, stride, isFirst }: { readonly filters: number; readonly stride: number; readonly isFirst: boolean },
): number {
  let x = net.conv(`${name}_1_conv`, input, { filters, size: 1, stride, padding: 'valid' })
  x = net.relu(`${name}_1_relu`, net.batchNorm(`${name}_1_bn`, x, epsilon))
  x = net.conv(`${name}_2_conv`, x, { filters, size: 3 })
  x = net.relu(`${name}_2_relu`, net.batchNorm(`${name}_2_bn`, x, epsilon))
  // Keras lists the layers of the two branches by their distance from the output
  const wide = { filters: 4 * filters, size: 1, padding: 'valid' } as const
  let shortcut = isFirst ? net.conv(`${name}_0_conv`, input, { ...wide, stride }) : input
  x = net.conv(`${name}_3_conv`, x, wide)
  if (isFirst) shortcut = net.batchNorm(`${name}_0_bn`, shortcut, epsilon)
  x = net.batchNorm(`${name}_3_bn`, x, epsilon)
  return net.relu(`${name}_out`, net.add(`${name}_add`, shortcut, x))
}
