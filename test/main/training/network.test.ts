import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { planNetwork } from '#main/training/network.ts'
import { smallNetwork } from './models.ts'

const { conv2d, batchNormalization, dense, flatten, activation, softmax, gaussianNoise, reshape } = tf.layers
const every = (): boolean => true

beforeAll(async () => {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
})

function network(...layers: tf.layers.Layer[]): tf.Sequential {
  return tf.sequential({ layers: [conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3 }), ...layers] })
}

describe('the plan of a network', () => {
  it('knows which nodes nothing before them is trained for', () => {
    const model = smallNetwork()
    const { nodes } = planNetwork(model, ({ name }) => name === 'conv2' || name === 'out')
    expect(nodes.map(({ isFrozen }) => isFrozen)).toEqual([true, true, true, true, true, false, false, false, false])
    expect(nodes.map(({ isTrained }) => isTrained).filter(Boolean).length).toBe(2)
    model.dispose()
  })

  it('takes no moving mean or variance for a weight to train', () => {
    const model = smallNetwork()
    const names = planNetwork(model, every).weights.map(({ originalName }) => originalName)
    expect(names).toEqual([
      'conv/kernel',
      'bn/gamma',
      'bn/beta',
      'conv2/kernel',
      'conv2/bias',
      'out/kernel',
      'out/bias',
    ])
    model.dispose()
  })

  it('trains the weights of a layer that is called twice once', () => {
    const input = tf.input({ shape: [3] })
    const shared = dense({ units: 3 })
    const twice = shared.apply(shared.apply(input)) as tf.SymbolicTensor
    const model = tf.model({
      inputs: input,
      outputs: dense({ units: 2, activation: 'softmax' }).apply(twice) as tf.SymbolicTensor,
    })
    const { nodes, weights } = planNetwork(model, every)
    expect(nodes.length).toBe(4)
    expect(weights.length).toBe(4)
    model.dispose()
  })

  it('finds the activation in a dense layer, an activation or softmax layer, and before a change of shape', () => {
    for (const [end, head, name] of [
      [[flatten(), dense({ units: 2, activation: 'softmax' })], 3, 'softmax'],
      [[flatten(), dense({ units: 2, activation: 'sigmoid' })], 3, 'sigmoid'],
      [[flatten(), dense({ units: 2 }), activation({ activation: 'softmax' })], 4, 'softmax'],
      [[flatten(), dense({ units: 2 }), softmax(), reshape({ targetShape: [2] })], 4, 'softmax'],
    ] as const) {
      const model = network(...end)
      expect(planNetwork(model, every)).toMatchObject({ head, activation: name, nClasses: 2, inputShape: [4, 4, 1] })
      model.dispose()
    }
  })

  it('refuses what cannot be trained, or not repeatably', () => {
    const head = [flatten(), dense({ units: 2, activation: 'softmax' })]
    const input = tf.input({ shape: [2] })
    const [one, other] = [dense({ units: 2 }).apply(input), dense({ units: 2 }).apply(input)] as tf.SymbolicTensor[]
    const open = conv2d({ inputShape: [null, null, 1], filters: 2, kernelSize: 3 })
    const average = tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' })
    const models = [
      network(flatten(), dense({ units: 2 })),
      network(activation({ activation: 'softmax' })),
      network(gaussianNoise({ stddev: 0.1 }), ...head),
      network(batchNormalization({ axis: 1 }), flatten(), dense({ units: 2, activation: 'softmax' })),
      tf.sequential({
        layers: [
          conv2d({ inputShape: [7, 7, 1], filters: 2, kernelSize: 3, dilationRate: 2 }),
          flatten(),
          dense({ units: 2, activation: 'softmax' }),
        ],
      }),
      tf.sequential({ layers: [open, average, dense({ units: 2, activation: 'softmax' })] }),
      tf.model({ inputs: input, outputs: [one!, other!] }),
    ]
    for (const model of models) {
      expect(() => planNetwork(model, every)).toThrow(expect.objectContaining({ code: 'training.model' }) as Error)
      model.dispose()
    }
  })

  it('refuses to train nothing', () => {
    const model = smallNetwork()
    expect(() => planNetwork(model, () => false)).toThrow(expect.objectContaining({ code: 'training.model' }) as Error)
    model.dispose()
  })
})
