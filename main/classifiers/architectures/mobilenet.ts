import type { Architecture } from './architecture.ts'
import type { NetworkBuilder } from '#main/tensor/network-builder.ts'

/** Filters of the pointwise convolutions, stride of the depthwise ones before them (Howard et al. 2017, table 1). */
const blocks = [
  { filters: 64, stride: 1 },
  { filters: 128, stride: 2 },
  { filters: 128, stride: 1 },
  { filters: 256, stride: 2 },
  { filters: 256, stride: 1 },
  { filters: 512, stride: 2 },
  { filters: 512, stride: 1 },
  { filters: 512, stride: 1 },
  { filters: 512, stride: 1 },
  { filters: 512, stride: 1 },
  { filters: 512, stride: 1 },
  { filters: 1024, stride: 2 },
  { filters: 1024, stride: 1 },
]

const epsilon = 1e-3

/** @see https://github.com/keras-team/keras/blob/v2.15.0/keras/applications/mobilenet.py */
export const mobilenet: Architecture = {
  label: 'MobileNet',
  cellSize: 32,
  hasFixedSize: false,
  headUnits: 512,

  features(net, { alpha }) {
    let x = net.conv('conv1', net.input, { filters: 32 * alpha, size: 3, stride: 2, bias: false })
    x = normalised(net, 'conv1', x)
    blocks.forEach(({ filters, stride }, i) => {
      const id = i + 1
      // Keras pads on one side only, whatever the size of the map
      if (stride > 1) x = net.pad(`conv_pad_${id}`, x, [0, 1, 0, 1])
      x = net.depthwiseConv(`conv_dw_${id}`, x, { size: 3, stride, padding: stride > 1 ? 'valid' : 'same' })
      x = normalised(net, `conv_dw_${id}`, x)
      x = net.conv(`conv_pw_${id}`, x, { filters: filters * alpha, size: 1, bias: false })
      x = normalised(net, `conv_pw_${id}`, x)
    })
    return x
  },

  top(net, features, { classes }) {
    const pooled = net.globalAveragePool('global_average_pooling2d', features, { keepDims: true })
    const scores = net.conv('conv_preds', pooled, { filters: classes, size: 1 })
    return net.softmax('predictions', net.flatten('reshape_2', scores))
  },
}

function normalised(net: NetworkBuilder, name: string, x: number): number {
  return net.relu(`${name}_relu`, net.batchNorm(`${name}_bn`, x, epsilon), 6)
}
