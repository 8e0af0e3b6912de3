import { File as Hdf5, ready } from 'h5wasm/node'

interface WeightsOptions {
  readonly alpha?: number
  readonly top?: boolean
  /** what every weight is */
  readonly value?: number
}

/** Writes weights of MobileNet as Keras 2 saves them, all alike: for readers that look at the form. */
export async function writeMobilenetWeights(
  path: string,
  { alpha = 0.25, top = false, value = 0.5 }: WeightsOptions = {},
): Promise<void> {
  await ready
  const file = new Hdf5(path, 'w')
  const names: string[] = []
  const layer = (name: string, weights: Readonly<Record<string, readonly number[]>>): void => {
    names.push(name)
    const group = file.create_group(name)
    const inner = group.create_group(name)
    for (const [weight, shape] of Object.entries(weights)) {
      const size = shape.reduce((product, n) => product * n, 1)
      inner.create_dataset({
        name: `${weight}:0`,
        data: new Float32Array(size).fill(value),
        shape: [...shape],
        dtype: '<f4',
      })
    }
    const paths = Object.keys(weights).map((weight) => `${name}/${weight}:0`)
    // Keras writes an empty list for layers without weights
    if (paths.length > 0) group.create_attribute('weight_names', paths)
  }
  const normalisation = (name: string, n: number): void =>
    layer(name, { gamma: [n], beta: [n], moving_mean: [n], moving_variance: [n] })

  let channels = 32 * alpha
  layer('input_1', {})
  layer('conv1', { kernel: [3, 3, 3, channels] })
  normalisation('conv1_bn', channels)
  layer('conv1_relu', {})
  for (const [i, atFull] of [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].entries()) {
    const next = atFull * alpha
    layer(`conv_dw_${i + 1}`, { depthwise_kernel: [3, 3, channels, 1] })
    normalisation(`conv_dw_${i + 1}_bn`, channels)
    layer(`conv_pw_${i + 1}`, { kernel: [1, 1, channels, next] })
    normalisation(`conv_pw_${i + 1}_bn`, next)
    channels = next
  }
  if (top) layer('conv_preds', { kernel: [1, 1, channels, 1000], bias: [1000] })
  file.create_attribute('layer_names', names)
  file.close()
}
