import * as tf from '@tensorflow/tfjs'

type Symbolic = tf.SymbolicTensor

/** A small model, and the operations that its graph must consist of (after the input). */
export interface LayerCase {
  readonly name: string
  /** [height, width, channels] of the input, default 7×9×3 */
  readonly input?: readonly [number, number, number]
  readonly build: (x: Symbolic) => Symbolic
  readonly operations: readonly string[]
  /** changes of the saved configuration, by layer name: what Keras writes and TF.js's own classes cannot be asked for */
  readonly keras?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const l = tf.layers
const apply = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]): Symbolic => layer.apply(x) as Symbolic
/** A model of one layer. */
const one = (layer: () => tf.layers.Layer) => (x: Symbolic) => apply(layer(), x)
/** A model of layers one after the other. */
const chain =
  (...layers: (() => tf.layers.Layer)[]) =>
  (x: Symbolic) =>
    layers.reduce((value, layer) => apply(layer(), value), x)

const even = [8, 6, 3] as const
const flat = (): tf.layers.Layer => l.globalAveragePooling2d({ dataFormat: 'channelsLast' })
/** Second path of a model with two: another channel count or size than the first. */
const conv = (filters: number, more: Partial<Parameters<typeof l.conv2d>[0]> = {}) =>
  l.conv2d({ filters, kernelSize: 3, padding: 'same', ...more })

const convolutions: LayerCase[] = [
  ...(['same', 'valid'] as const).flatMap((padding) =>
    ([1, 2, 3] as const).flatMap((strides) =>
      [[7, 9, 3] as const, even].map((input) => ({
        name: `Conv2D 3×3, ${padding}, strides ${strides}, on ${input.slice(0, 2).join('×')}`,
        input,
        build: one(() => l.conv2d({ filters: 4, kernelSize: 3, padding, strides })),
        operations: ['conv2d'],
      })),
    ),
  ),
  ...([2, [1, 5], [4, 1]] as const).map((kernelSize) => ({
    name: `Conv2D with a kernel of ${JSON.stringify(kernelSize)}, same`,
    build: one(() => l.conv2d({ filters: 4, kernelSize: kernelSize as number | [number, number], padding: 'same' })),
    operations: ['conv2d'],
  })),
  {
    name: 'Conv2D 1×1 with unequal strides',
    build: one(() => l.conv2d({ filters: 4, kernelSize: 1, strides: [2, 3] })),
    operations: ['conv2d'],
  },
  ...(['same', 'valid'] as const).map((padding) => ({
    name: `Conv2D dilated, ${padding}`,
    build: one(() => l.conv2d({ filters: 4, kernelSize: 3, padding, dilationRate: [2, 3] })),
    operations: ['conv2d'],
  })),
  {
    name: 'Conv2D without a bias',
    build: one(() => conv(4, { useBias: false })),
    operations: ['conv2d'],
  },
  {
    name: 'Conv2D with channels first runs on TensorFlow.js',
    build: one(() => conv(4, { dataFormat: 'channelsFirst' })),
    operations: ['opaque'],
  },
  {
    name: 'Conv2D with an activation that the graph has no operation for',
    build: one(() => conv(4, { activation: 'selu' })),
    operations: ['opaque'],
  },
]

const enlarging: LayerCase[] = [
  ...(['same', 'valid'] as const).flatMap((padding) =>
    (
      [
        [2, 2],
        [3, 1],
        [3, 2],
        [
          [2, 4],
          [1, 3],
        ],
      ] as const
    ).map(([kernelSize, strides]) => ({
      name: `Conv2DTranspose ${JSON.stringify(kernelSize)}, ${padding}, strides ${JSON.stringify(strides)}`,
      build: one(() =>
        l.conv2dTranspose({
          filters: 4,
          kernelSize: kernelSize as number | [number, number],
          strides: strides as number | [number, number],
          padding,
        }),
      ),
      operations: ['conv2d-transpose'],
    })),
  ),
  {
    name: 'Conv2DTranspose without a bias, ReLU',
    build: one(() => l.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2, useBias: false, activation: 'relu' })),
    operations: ['conv2d-transpose', 'relu'],
  },
  {
    name: 'Conv2DTranspose whose windows leave cells out runs on TensorFlow.js',
    build: one(() => l.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 3 })),
    operations: ['opaque'],
  },
  ...([2, [3, 1]] as const).map((size) => ({
    name: `UpSampling2D by ${JSON.stringify(size)} of a convolution`,
    build: chain(
      () => conv(4),
      () => l.upSampling2d({ size: (typeof size === 'number' ? [size, size] : size) as [number, number] }),
    ),
    operations: ['conv2d', 'upsample'],
  })),
]

const depthwise: LayerCase[] = [
  ...(['same', 'valid'] as const).flatMap((padding) =>
    ([1, 2] as const).map((strides) => ({
      name: `DepthwiseConv2D, ${padding}, strides ${strides}, multiplier ${strides}`,
      input: even,
      build: one(() => l.depthwiseConv2d({ kernelSize: 3, padding, strides, depthMultiplier: strides })),
      operations: ['depthwise-conv2d'],
    })),
  ),
  {
    name: 'DepthwiseConv2D without a bias, with ReLU6',
    build: one(() =>
      l.depthwiseConv2d({
        kernelSize: [3, 2],
        padding: 'same',
        useBias: false,
        depthMultiplier: 2,
        activation: 'relu6',
      }),
    ),
    operations: ['depthwise-conv2d', 'relu'],
  },
  {
    name: 'SeparableConv2D runs on TensorFlow.js',
    build: one(() => l.separableConv2d({ filters: 4, kernelSize: 3 })),
    operations: ['opaque'],
  },
]

const activationOperations = {
  relu: 'relu',
  relu6: 'relu',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  swish: 'swish',
  elu: 'elu',
  softmax: 'softmax',
} as const
const activationNames = Object.keys(activationOperations) as (keyof typeof activationOperations)[]

const activations: LayerCase[] = [
  ...activationNames.map((activation) => ({
    name: `Conv2D with ${activation}`,
    build: one(() => conv(4, { activation })),
    operations: ['conv2d', activationOperations[activation]],
  })),
  ...activationNames.map((activation) => ({
    name: `Dense with ${activation}`,
    build: chain(flat, () => l.dense({ units: 5, activation })),
    operations: ['global-average-pool', 'dense', activationOperations[activation]],
  })),
  ...activationNames.map((activation) => ({
    name: `Activation ${activation}`,
    build: one(() => l.activation({ activation })),
    operations: [activationOperations[activation]],
  })),
  {
    name: 'Activation linear',
    build: one(() => l.activation({ activation: 'linear' })),
    operations: ['identity'],
  },
  {
    name: 'Activation softplus runs on TensorFlow.js',
    build: one(() => l.activation({ activation: 'softplus' })),
    operations: ['opaque'],
  },
  { name: 'ReLU', build: one(() => l.reLU()), operations: ['relu'] },
  { name: 'ReLU with a maximum', build: one(() => l.reLU({ maxValue: 0.5 })), operations: ['relu'] },
  {
    name: 'ReLU with a negative slope',
    build: one(() => l.reLU({ name: 'leaky' })),
    keras: { leaky: { negative_slope: 0.25 } },
    operations: ['relu'],
  },
  {
    name: 'ReLU with a negative slope and a maximum',
    build: one(() => l.reLU({ name: 'leaky', maxValue: 0.5 })),
    keras: { leaky: { negative_slope: 0.25, threshold: 0 } },
    operations: ['relu'],
  },
  {
    name: 'ReLU with a threshold runs on TensorFlow.js',
    build: one(() => l.reLU({ name: 'leaky', maxValue: 0.5 })),
    keras: { leaky: { negative_slope: 0.25, threshold: 0.125 } },
    operations: ['opaque'],
  },
  { name: 'LeakyReLU', build: one(() => l.leakyReLU()), operations: ['relu'] },
  { name: 'LeakyReLU with a slope', build: one(() => l.leakyReLU({ alpha: 0.1 })), operations: ['relu'] },
  { name: 'PReLU runs on TensorFlow.js', build: one(() => l.prelu({ sharedAxes: [1, 2] })), operations: ['opaque'] },
  { name: 'ELU', build: one(() => l.elu()), operations: ['elu'] },
  { name: 'Softmax of every cell', build: one(() => l.softmax({ axis: -1 })), operations: ['softmax'] },
  { name: 'Softmax along the last axis by number', build: one(() => l.softmax({ axis: 3 })), operations: ['softmax'] },
]

const normalised: LayerCase[] = [
  ...[{}, { scale: false }, { center: false }, { scale: false, center: false, epsilon: 0.1 }, { axis: 3 }].map(
    (options) => ({
      name: `BatchNormalization ${JSON.stringify(options)}`,
      build: one(() => l.batchNormalization(options)),
      operations: ['scale'],
    }),
  ),
  {
    name: 'BatchNormalization with the axis in a list, as newer Keras writes it',
    build: one(() => l.batchNormalization({ name: 'bn' })),
    keras: { bn: { axis: [3] } },
    operations: ['scale'],
  },
  {
    name: 'BatchNormalization of a vector',
    build: chain(
      flat,
      () => l.dense({ units: 6 }),
      () => l.batchNormalization(),
      () => l.dense({ units: 4 }),
    ),
    operations: ['global-average-pool', 'dense', 'scale', 'dense'],
  },
  {
    name: 'BatchNormalization of rows runs on TensorFlow.js',
    build: one(() => l.batchNormalization({ axis: 1 })),
    operations: ['opaque'],
  },
  {
    name: 'BatchNormalization behind depthwise convolution, twice',
    build: chain(
      () => l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, useBias: false }),
      () => l.batchNormalization(),
      () => l.batchNormalization(),
    ),
    operations: ['depthwise-conv2d', 'scale', 'scale'],
  },
]

const pools: LayerCase[] = [
  ...(['maxPooling2d', 'averagePooling2d'] as const).flatMap((kind) =>
    (['same', 'valid'] as const).flatMap((padding) =>
      (
        [
          [2, 2, even],
          [3, 2, [7, 9, 3]],
          [3, 1, even],
          [
            [2, 3],
            [3, 2],
            [7, 9, 3],
          ],
        ] as [number | [number, number], number | [number, number], [number, number, number]][]
      ).map(([poolSize, strides, input]) => ({
        name: `${kind} ${JSON.stringify(poolSize)}, strides ${JSON.stringify(strides)}, ${padding}`,
        input,
        build: one(() => l[kind]({ poolSize, strides, padding })),
        operations: [kind === 'maxPooling2d' ? 'max-pool' : 'average-pool'],
      })),
    ),
  ),
  {
    name: 'pooling with channels first runs on TensorFlow.js',
    build: one(() => l.maxPooling2d({ poolSize: 2, dataFormat: 'channelsFirst' })),
    operations: ['opaque'],
  },
  { name: 'GlobalAveragePooling2D', build: one(flat), operations: ['global-average-pool'] },
  {
    name: 'GlobalMaxPooling2D of a convolution',
    build: chain(
      () => conv(4),
      () => l.globalMaxPooling2d({ dataFormat: 'channelsLast' }),
    ),
    operations: ['conv2d', 'global-max-pool'],
  },
  {
    name: 'global pooling with channels first runs on TensorFlow.js',
    build: one(() => l.globalMaxPooling2d({ dataFormat: 'channelsFirst' })),
    operations: ['opaque'],
  },
]

const shapes: LayerCase[] = [
  ...[
    3,
    [1, 2],
    [
      [0, 1],
      [2, 3],
    ],
  ].map((padding) => ({
    name: `ZeroPadding2D ${JSON.stringify(padding)}`,
    build: one(() => l.zeroPadding2d({ padding: padding as number | [number, number] })),
    operations: ['zero-pad'],
  })),
  {
    name: 'ZeroPadding2D before convolutions, as MobileNet and ResNet have it',
    build: chain(
      () =>
        l.zeroPadding2d({
          padding: [
            [0, 1],
            [0, 1],
          ],
        }),
      () => l.conv2d({ filters: 4, kernelSize: 3, strides: 2 }),
      () =>
        l.zeroPadding2d({
          padding: [
            [1, 2],
            [0, 1],
          ],
        }),
      () => l.depthwiseConv2d({ kernelSize: 3, padding: 'same' }),
      () => l.zeroPadding2d({ padding: 1 }),
      () => l.maxPooling2d({ poolSize: 3, strides: 2 }),
      () => l.zeroPadding2d({ padding: 1 }),
      () => l.averagePooling2d({ poolSize: 2 }),
    ),
    operations: [
      ...['zero-pad', 'conv2d', 'zero-pad', 'depthwise-conv2d', 'zero-pad', 'max-pool'],
      ...['zero-pad', 'average-pool'],
    ],
  },
  {
    name: 'ZeroPadding2D with channels first runs on TensorFlow.js',
    build: one(() => l.zeroPadding2d({ padding: 1, dataFormat: 'channelsFirst' })),
    operations: ['opaque'],
  },
  {
    name: 'Flatten and Dense',
    build: chain(
      () => l.flatten(),
      () => l.dense({ units: 5, useBias: false }),
    ),
    operations: ['flatten', 'dense'],
  },
  {
    name: 'Flatten with channels first runs on TensorFlow.js',
    build: one(() => l.flatten({ dataFormat: 'channelsFirst' })),
    operations: ['opaque'],
  },
  {
    name: 'Dense on a map runs on TensorFlow.js',
    build: one(() => l.dense({ units: 5 })),
    operations: ['opaque'],
  },
  {
    name: 'Rescaling, and a convolution behind it',
    build: chain(
      () => l.rescaling({ scale: 0.25, offset: -0.5 }),
      () => conv(4),
    ),
    operations: ['scale', 'conv2d'],
  },
  {
    name: 'Reshape of a map to another map, and a convolution behind it',
    build: chain(
      () => l.reshape({ targetShape: [9, -1, 3] }),
      () => conv(4),
    ),
    operations: ['reshape', 'conv2d'],
  },
  {
    name: 'Reshape of a map to a vector and back',
    build: chain(
      () => l.reshape({ targetShape: [7 * 9 * 3] }),
      () => l.dense({ units: 24 }),
      () => l.reshape({ targetShape: [2, 4, 3] }),
      () => conv(4),
    ),
    operations: ['reshape', 'dense', 'reshape', 'conv2d'],
  },
  {
    name: 'Reshape of a vector to a map of one cell, as MobileNet’s head',
    build: chain(
      flat,
      () => l.reshape({ targetShape: [1, 1, 3] }),
      () => l.conv2d({ filters: 5, kernelSize: 1 }),
      () => l.reshape({ targetShape: [5] }),
      () => l.softmax(),
    ),
    operations: ['global-average-pool', 'reshape', 'conv2d', 'reshape', 'softmax'],
  },
  {
    name: 'Reshape to two axes, with normalisation and softmax there',
    build: chain(
      () => l.reshape({ targetShape: [21, 9] }),
      () => l.batchNormalization(),
      () => l.softmax({ axis: -1 }),
    ),
    operations: ['reshape', 'scale', 'softmax'],
  },
  {
    name: 'Reshape to four axes and back',
    build: chain(
      () => l.reshape({ targetShape: [7, 3, 3, 3] }),
      () => l.reshape({ targetShape: [7, 9, 3] }),
      () => conv(2),
    ),
    operations: ['reshape', 'reshape', 'conv2d'],
  },
  ...[
    () => l.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
    () => l.permute({ dims: [2, 1, 3] }),
    () =>
      l.cropping2D({
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
    () => l.conv2dTranspose({ filters: 2, kernelSize: 3, dataFormat: 'channelsFirst' }),
  ].map((layer) => ({
    name: `${layer().getClassName()} runs on TensorFlow.js`,
    build: chain(layer, () => conv(2)),
    operations: ['opaque', 'conv2d'],
  })),
  {
    name: 'layers that do nothing at inference',
    build: chain(
      () => l.dropout({ rate: 0.5 }),
      () => l.gaussianNoise({ stddev: 1 }),
      () => conv(4),
      () => l.dropout({ rate: 0.5 }),
      () => l.batchNormalization(),
    ),
    operations: ['identity', 'identity', 'conv2d', 'identity', 'scale'],
  },
]

const merges: LayerCase[] = [
  {
    name: 'Add of three',
    build: (x) => apply(l.add(), [apply(conv(3), x), x, apply(conv(3), x)]),
    operations: ['conv2d', 'conv2d', 'add'],
  },
  { name: 'Add of a value to itself', build: (x) => apply(l.add(), [x, x]), operations: ['add'] },
  {
    name: 'Multiply of three',
    build: (x) => apply(l.multiply(), [apply(conv(3), x), x, apply(conv(3), x)]),
    operations: ['conv2d', 'conv2d', 'multiply'],
  },
  {
    name: 'Multiply with one cell, as squeeze-and-excitation has it',
    build: (x) => {
      const squeezed = apply(l.reshape({ targetShape: [1, 1, 3] }), apply(flat(), x))
      const gate = apply(l.conv2d({ filters: 3, kernelSize: 1, activation: 'sigmoid' }), squeezed)
      return apply(l.multiply(), [x, gate])
    },
    operations: ['global-average-pool', 'reshape', 'conv2d', 'sigmoid', 'multiply'],
  },
  {
    name: 'Add and Multiply of a vector to a map run on TensorFlow.js',
    build: (x) => apply(l.multiply(), [x, apply(l.add(), [apply(flat(), x), x])]),
    operations: ['global-average-pool', 'opaque', 'multiply'],
  },
  {
    name: 'Average and Maximum run on TensorFlow.js',
    build: (x) => apply(l.maximum(), [x, apply(l.average(), [x, apply(conv(3), x)])]),
    operations: ['conv2d', 'opaque', 'opaque'],
  },
  ...([1, 2, 3, -1] as const).map((axis) => ({
    name: `Concatenate along axis ${axis}`,
    build: (x: Symbolic) => {
      const other =
        axis === 1
          ? apply(
              l.zeroPadding2d({
                padding: [
                  [1, 0],
                  [0, 0],
                ],
              }),
              x,
            )
          : axis === 2
            ? apply(
                l.zeroPadding2d({
                  padding: [
                    [0, 0],
                    [2, 0],
                  ],
                }),
                x,
              )
            : apply(conv(4), x)
      return apply(conv(2), apply(l.concatenate({ axis }), [x, other, x]))
    },
    operations: [axis === 3 || axis === -1 ? 'conv2d' : 'zero-pad', 'concatenate', 'conv2d'],
  })),
  {
    name: 'Concatenate of vectors',
    build: (x) => {
      const other = apply(l.globalMaxPooling2d({ dataFormat: 'channelsLast' }), x)
      return apply(l.dense({ units: 4 }), apply(l.concatenate(), [apply(flat(), x), other]))
    },
    operations: ['global-average-pool', 'global-max-pool', 'concatenate', 'dense'],
  },
]

/** A global pooling that keeps its axes: an option that TF.js's own classes do not have. */
const keptDims: LayerCase[] = (['globalAveragePooling2d', 'globalMaxPooling2d'] as const).map((kind) => ({
  name: `${kind} that keeps its axes, as newer Keras MobileNets have it`,
  build: (x) => {
    // written with a Reshape behind it, which the change of the saved file makes an identity
    const pooled = apply(l[kind]({ name: 'pooled', dataFormat: 'channelsLast' }), x)
    const kept = apply(l.reshape({ targetShape: [1, 1, 3] }), pooled)
    return apply(l.reshape({ targetShape: [5] }), apply(l.conv2d({ filters: 5, kernelSize: 1 }), kept))
  },
  keras: { pooled: { keepdims: true } },
  operations: [
    kind === 'globalMaxPooling2d' ? 'global-max-pool' : 'global-average-pool',
    'reshape',
    'conv2d',
    'reshape',
  ],
}))

const block = (filters: number, name: string): tf.Sequential =>
  tf.sequential({
    name,
    layers: [
      l.conv2d({ inputShape: [7, 9, filters], filters, kernelSize: 3, padding: 'same', useBias: false }),
      l.batchNormalization(),
      l.reLU(),
    ],
  })

const nested: LayerCase[] = [
  {
    name: 'nested Sequentials',
    build: (x) => {
      const head = tf.sequential({
        name: 'head',
        layers: [l.dense({ inputShape: [3], units: 4, activation: 'softmax' })],
      })
      return apply(head, apply(flat(), apply(block(3, 'block'), x)))
    },
    operations: ['conv2d', 'scale', 'relu', 'global-average-pool', 'dense', 'softmax'],
  },
  {
    name: 'a nested model with a branch, of which a middle layer is the output',
    build: (x) => {
      const input = tf.input({ shape: [7, 9, 3] })
      const a = apply(conv(4, { name: 'inner' }), input)
      const sum = apply(l.add(), [a, apply(l.reLU(), a)])
      return apply(conv(2), apply(tf.model({ inputs: input, outputs: sum, name: 'inside' }), x))
    },
    operations: ['conv2d', 'relu', 'add', 'conv2d'],
  },
  {
    name: 'a nested model that is used twice',
    build: (x) => {
      const shared = block(3, 'shared')
      return apply(l.add(), [apply(shared, x), apply(shared, apply(shared, x))])
    },
    operations: ['conv2d', 'scale', 'relu', 'conv2d', 'scale', 'relu', 'conv2d', 'scale', 'relu', 'add'],
  },
  {
    name: 'a shared layer that is used twice',
    build: (x) => {
      const shared = conv(3)
      return apply(l.concatenate(), [apply(shared, x), apply(shared, apply(l.reLU(), apply(shared, x)))])
    },
    operations: ['conv2d', 'conv2d', 'relu', 'conv2d', 'concatenate'],
  },
  {
    name: 'a residual network',
    build: (x) => {
      const stage = (value: Symbolic, filters: number, strides: number): Symbolic => {
        const padded = apply(l.zeroPadding2d({ padding: 1 }), value)
        const first = apply(conv(filters, { padding: 'valid', strides, useBias: false }), padded)
        const second = apply(conv(filters), apply(l.reLU(), apply(l.batchNormalization(), first)))
        const shortcut = strides === 1 ? value : apply(l.conv2d({ filters, kernelSize: 1, strides }), value)
        const normal = apply(
          l.batchNormalization(),
          strides === 1 ? apply(l.dropout({ rate: 0.1 }), shortcut) : shortcut,
        )
        return apply(
          l.activation({ activation: 'relu' }),
          apply(l.add(), [apply(l.batchNormalization(), second), normal]),
        )
      }
      const features = stage(stage(apply(conv(4), x), 4, 1), 6, 2)
      return apply(l.dense({ units: 5, activation: 'softmax' }), apply(flat(), features))
    },
    operations: [
      ...['conv2d', 'zero-pad', 'conv2d', 'scale', 'relu', 'conv2d', 'scale', 'identity', 'scale', 'add', 'relu'],
      ...['zero-pad', 'conv2d', 'scale', 'relu', 'conv2d', 'scale', 'conv2d', 'scale', 'add', 'relu'],
      ...['global-average-pool', 'dense', 'softmax'],
    ],
  },
]

export const layerCases: readonly LayerCase[] = [
  ...convolutions,
  ...enlarging,
  ...depthwise,
  ...activations,
  ...normalised,
  ...pools,
  ...keptDims,
  ...shapes,
  ...merges,
  ...nested,
]
