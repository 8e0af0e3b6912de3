import type { Architecture } from './architecture.ts'

/** Filters of the convolutions of each block (Simonyan and Zisserman 2015, table 1, column D). */
const blocks = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
]

/** @see https://github.com/keras-team/keras/blob/v2.15.0/keras/applications/vgg16.py */
export const vgg16: Architecture = {
  label: 'VGG16',
  cellSize: 32,
  hasFixedSize: true,
  headUnits: 256,

  features(net) {
    let x = net.input
    blocks.forEach((block, b) => {
      block.forEach((filters, c) => {
        x = net.conv(`block${b + 1}_conv${c + 1}`, x, { filters, size: 3, activation: 'relu' })
      })
      x = net.maxPool(`block${b + 1}_pool`, x, { size: 2, stride: 2 })
    })
    return x
  },

  top(net, features, { classes }) {
    let x = net.flatten('flatten', features)
    x = net.dense('fc1', x, { units: 4096, activation: 'relu' })
    x = net.dense('fc2', x, { units: 4096, activation: 'relu' })
    return net.dense('predictions', x, { units: classes, activation: 'softmax' })
  },
}
