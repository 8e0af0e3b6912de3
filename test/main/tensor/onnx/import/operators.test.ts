import { describe, expect, it, onTestFinished } from 'vitest'
import { sizeOf } from '#main/tensor/graph.ts'
import { importGraph, type ImportedGraph } from '#main/tensor/onnx/import/import-graph.ts'
import { networkEnds } from '#main/tensor/onnx/import/network-ends.ts'
import { openFileRun } from '#main/tensor/onnx/import/run-file.ts'
import { openOnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import {
  floatTensor,
  integerTensor,
  writeOnnx,
  type FileAttribute,
  type FileModel,
  type FileNode,
  type FileTensor,
} from '../../../../builders/onnx-file.ts'
import { relativeDifference, seededValues } from '../../layer-models.ts'
import { runNaively } from '../../naive-graph.ts'

const [height, width] = [7, 9] as const

/** A tensor of plausible weights. */
function weights(...shape: number[]): FileTensor {
  return floatTensor(shape, seededValues(sizeOf(shape), sizeOf(shape)))
}

/** A node that reads the value before it, and further ones by name. */
interface Step {
  readonly type: string
  readonly more?: readonly string[]
  readonly attributes?: Readonly<Record<string, FileAttribute>>
  /** instead of the value before it and `more` */
  readonly inputs?: readonly string[]
  /** more than one output */
  readonly outputs?: readonly string[]
}

interface Case {
  readonly name: string
  readonly steps: readonly Step[]
  readonly tensors?: Readonly<Record<string, FileTensor>>
  readonly opset?: number
  readonly isChannelsLast?: boolean
  /** operations after the input */
  readonly operations?: readonly string[]
}

/** The steps in a row, their values named v0, v1 …, and all numbers of the last one as scores. */
function modelOf({ steps, tensors = {}, opset = 17, isChannelsLast = false }: Case): FileModel {
  const nodes: FileNode[] = steps.map(({ type, more = [], attributes = {}, inputs, outputs = [] }, i) => ({
    type,
    inputs: inputs ?? [i === 0 ? 'x' : `v${i - 1}`, ...more],
    outputs: [`v${i}`, ...outputs],
    attributes,
  }))
  // channels first, the scores would be a feature map in ONNX's order: a product makes numbers of them
  const end: FileNode = { type: 'Identity', inputs: [`v${steps.length - 1}`], outputs: ['y'] }
  const shape = isChannelsLast ? ['n', height, width, 3] : ['n', 3, height, width]
  return { nodes: [...nodes, end], tensors, inputs: [{ name: 'x', shape }], opsets: { '': opset } }
}

/** From a feature map to two scores that each of its numbers goes into. */
const pooling: readonly Step[] = [{ type: 'GlobalAveragePool' }, { type: 'Flatten' }]
const mixing = (nIn: number): { steps: readonly Step[]; tensors: Record<string, FileTensor> } => ({
  steps: [{ type: 'Flatten' }, { type: 'MatMul', more: ['#mix'] }],
  tensors: { '#mix': weights(nIn, 2) },
})

/** Steps that give a feature map of a size, and what makes scores of it. */
function ofMap(name: string, size: number, steps: readonly Step[], more: Partial<Case> = {}): Case {
  const mix = mixing(size)
  return { name, ...more, steps: [...steps, ...mix.steps], tensors: { ...more.tensors, ...mix.tensors } }
}

async function importCase(model: FileModel): Promise<ImportedGraph & { readonly path: string }> {
  const path = writeOnnx(model)
  const file = await openOnnxFile(path)
  onTestFinished(() => file.close())
  return { ...importGraph(file, networkEnds(file.model), [height, width]), path }
}

/** What ONNX Runtime makes of two photos with the file itself. */
async function runFile(path: string, input: Float32Array): Promise<Float32Array> {
  const file = await openOnnxFile(path)
  const run = await openFileRun(path, file.model, networkEnds(file.model))
  try {
    return await run.run(input, 2, [height, width])
  } finally {
    await run.close()
    file.close()
  }
}

const cells = height * width
const map = 3 * cells
const conv = (attributes: Record<string, FileAttribute>, more = ['w']): Step => ({ type: 'Conv', more, attributes })
const pool = (type: string, attributes: Record<string, FileAttribute>): Step => ({ type, attributes })
const kernel = { w: weights(4, 3, 3, 3) }

const windows: readonly Case[] = [
  ofMap('Conv', 4 * 5 * 7, [conv({})], { tensors: kernel }),
  ofMap(
    'Conv with uneven padding, strides and dilations',
    4 * 2 * 8,
    [conv({ pads: [1, 2, 0, 3], strides: [2, 1], dilations: [2, 3], kernel_shape: [3, 3] })],
    { tensors: kernel },
  ),
  ofMap('Conv with a bias', 4 * 5 * 7, [conv({}, ['w', 'b'])], { tensors: { ...kernel, b: weights(4) } }),
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((mode) =>
    ofMap(
      `Conv padded ${mode}`,
      mode === 'VALID' ? 4 * 3 * 3 : 4 * 4 * 5,
      [conv({ auto_pad: mode, strides: [2, 2], kernel_shape: [3, 4] })],
      { tensors: { w: weights(4, 3, 3, 4) } },
    ),
  ),
  ofMap('Conv with a group for each channel', 6 * 7 * 9, [conv({ group: 3, pads: [1, 1, 1, 1] })], {
    tensors: { w: weights(6, 1, 3, 3) },
  }),
  ofMap('ConvTranspose', 4 * 9 * 11, [{ type: 'ConvTranspose', more: ['w'] }], { tensors: { w: weights(3, 4, 3, 3) } }),
  ofMap(
    'ConvTranspose with a bias, uneven strides and padding',
    4 * 12 * 8,
    [{ type: 'ConvTranspose', more: ['w', 'b'], attributes: { strides: [2, 1], pads: [1, 2, 2, 1] } }],
    { tensors: { w: weights(3, 4, 3, 3), b: weights(4) } },
  ),
  ofMap('Resize by its defaults', 3 * 14 * 27, [{ type: 'Resize', more: ['', 'f'] }], {
    tensors: { f: floatTensor([4], [1, 1, 2, 3]) },
  }),
  ofMap(
    'Resize to a size',
    3 * 14 * 9,
    [
      {
        type: 'Resize',
        more: ['', '', 's'],
        attributes: { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
      },
    ],
    { tensors: { s: integerTensor([2, 3, 14, 9]) } },
  ),
  ofMap('Upsample of an old opset', 3 * 14 * 18, [{ type: 'Upsample', more: ['f'] }], {
    opset: 9,
    tensors: { f: floatTensor([4], [1, 1, 2, 2]) },
  }),
  ofMap('MaxPool', 3 * 3 * 4, [pool('MaxPool', { kernel_shape: [3, 2], strides: [2, 2] })]),
  ofMap('MaxPool padded', 3 * 4 * 5, [pool('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })]),
  ofMap('MaxPool with ceil_mode', 3 * 3 * 4, [
    pool('MaxPool', { kernel_shape: [3, 3], strides: [3, 2], ceil_mode: 1 }),
  ]),
  {
    name: 'MaxPool with ceil_mode, whose last window would begin in the padding',
    steps: [pool('MaxPool', { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }), ...pooling],
  },
  ...[0, 1].flatMap((counts) => [
    ofMap(`AveragePool padded, count_include_pad ${counts}`, 3 * 4 * 5, [
      pool('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: counts }),
    ]),
    ofMap(`AveragePool with ceil_mode, count_include_pad ${counts}`, 3 * 3 * 5, [
      pool('AveragePool', {
        kernel_shape: [3, 3],
        strides: [3, 2],
        pads: [1, 0, 0, 1],
        ceil_mode: 1,
        count_include_pad: counts,
      }),
    ]),
  ]),
  { name: 'GlobalAveragePool', steps: pooling, operations: ['global-average-pool', 'reshape', 'identity'] },
  { name: 'GlobalMaxPool', steps: [{ type: 'GlobalMaxPool' }, { type: 'Flatten' }] },
  { name: 'ReduceMean', steps: [{ type: 'ReduceMean', attributes: { axes: [2, 3], keepdims: 0 } }] },
  {
    name: 'ReduceMean by an input, from the end',
    opset: 18,
    steps: [{ type: 'ReduceMean', more: ['axes'], attributes: { keepdims: 1 } }, { type: 'Flatten' }],
    tensors: { axes: integerTensor([-1, -2]) },
  },
  { name: 'ReduceMax', steps: [{ type: 'ReduceMax', attributes: { axes: [2, 3], keepdims: 0 } }] },
]

const each = (type: string, attributes: Record<string, FileAttribute> = {}, more: Partial<Case> = {}): Case =>
  ofMap(
    `${more.name ?? type} ${Object.keys(attributes).join(' ')}`,
    map,
    [{ type, attributes, more: Object.keys(more.tensors ?? {}) }],
    more,
  )

const elementwise: readonly Case[] = [
  ...['Relu', 'Elu', 'Sigmoid', 'Tanh', 'HardSwish', 'Neg', 'Identity', 'Dropout'].map((type) => each(type)),
  each('LeakyRelu', { alpha: { float: 0.2 } }),
  each('LeakyRelu'),
  each('Elu', { alpha: { float: 0.7 } }),
  each('HardSigmoid'),
  each('HardSigmoid', { alpha: { float: 0.9 }, beta: { float: 0.3 } }),
  each('PRelu', {}, { tensors: { slope: floatTensor([1], [0.3]) } }),
  each('Clip', {}, { tensors: { low: floatTensor([], [0]), high: floatTensor([], [0.4]) } }),
  each('Clip', {}, { name: 'Clip between', tensors: { low: floatTensor([], [-0.5]), high: floatTensor([], [0.4]) } }),
  each('Clip', {}, { name: 'Clip from below', tensors: { low: floatTensor([], [-0.25]) } }),
  each('Clip', { min: { float: 0 }, max: { float: 0.5 } }, { opset: 10 }),
  each('Max', {}, { tensors: { zero: floatTensor([], [0]) } }),
  ofMap('Min of a ReLU', map, [{ type: 'Relu' }, { type: 'Min', more: ['six'] }], {
    tensors: { six: floatTensor([], [0.6]) },
    operations: ['relu', 'relu', 'reshape', 'dense', 'identity'],
  }),
  ofMap('Cast to float', map, [{ type: 'Cast', attributes: { to: 1 } }]),
  ...['Add', 'Mul', 'Sub', 'Div'].flatMap((type) => [
    each(type, {}, { name: `${type} of a number`, tensors: { c: floatTensor([], [0.7]) } }),
    each(type, {}, { name: `${type} of a number a channel`, tensors: { c: floatTensor([3, 1, 1], [0.7, -2, 0.3]) } }),
    each(type, {}, { name: `${type} of a whole shape`, tensors: { c: floatTensor([1, 3, 1, 1], [0.7, -2, 0.3]) } }),
  ]),
  ofMap('Sub from a number', map, [{ type: 'Sub', inputs: ['c', 'x'] }], { tensors: { c: floatTensor([1], [2]) } }),
  ofMap('Sub of values', map, [{ type: 'Relu' }, { type: 'Sub', inputs: ['v0', 'x'] }]),
  ofMap('Sum of three', map, [{ type: 'Relu' }, { type: 'Tanh' }, { type: 'Sum', inputs: ['v0', 'x', 'v1'] }]),
  ofMap('Mul of values, one of a cell', map, [
    { type: 'GlobalAveragePool' },
    { type: 'Sigmoid' },
    { type: 'Mul', inputs: ['v1', 'x'] },
  ]),
  ofMap(
    'BatchNormalization',
    map,
    [{ type: 'BatchNormalization', more: ['g', 'b', 'm', 'v'], attributes: { epsilon: { float: 0.01 } } }],
    {
      tensors: { g: weights(3), b: weights(3), m: weights(3), v: floatTensor([3], [0.5, 1, 2]) },
    },
  ),
]

const heads: readonly Case[] = [
  {
    name: 'Softmax of a map of one cell, before opset 13',
    opset: 11,
    steps: [{ type: 'GlobalAveragePool' }, { type: 'Softmax' }],
  },
  { name: 'Softmax of a row', steps: [...pooling, { type: 'Softmax' }] },
  ofMap('Softmax of channels in each cell', map, [{ type: 'Softmax', attributes: { axis: 1 } }]),
  { name: 'LogSoftmax at the end', steps: [...pooling, { type: 'LogSoftmax' }] },
  {
    name: 'Gemm with factors, transposed, and a single bias',
    steps: [
      ...pooling,
      { type: 'Gemm', more: ['w', 'b'], attributes: { alpha: { float: 0.5 }, beta: { float: 2 }, transB: 1 } },
    ],
    tensors: { w: weights(4, 3), b: floatTensor([1], [0.3]) },
  },
  {
    name: 'Gemm of a flattened map with a bias of a row',
    steps: [{ type: 'Flatten' }, { type: 'Gemm', more: ['w', 'b'] }],
    tensors: { w: weights(map, 4), b: weights(1, 4) },
  },
  {
    name: 'MatMul, Add and normalisation of a flattened map',
    steps: [
      { type: 'Flatten' },
      { type: 'BatchNormalization', more: ['g', 'b', 'm', 'v'] },
      { type: 'Add', more: ['a'] },
      { type: 'MatMul', more: ['w'] },
      { type: 'Add', more: ['c'] },
    ],
    tensors: {
      ...{
        g: weights(map),
        b: weights(map),
        m: weights(map),
        v: floatTensor(
          [map],
          seededValues(map, 3).map((v) => v + 2),
        ),
      },
      ...{ a: weights(map), w: weights(map, 4), c: weights(4) },
    },
    operations: ['reshape', 'scale', 'scale', 'dense', 'scale', 'identity'],
  },
  {
    name: 'weights that are transposed by a node',
    steps: [
      ...pooling,
      { type: 'Transpose', inputs: ['w'], attributes: { perm: [1, 0] } },
      { type: 'MatMul', inputs: ['v1', 'v2'] },
    ],
    tensors: { w: weights(4, 3) },
  },
]

const shapes: readonly Case[] = [
  {
    name: 'a Reshape to what Shape, Gather, Unsqueeze and Concat work out',
    steps: [
      { type: 'Shape' },
      { type: 'Gather', more: ['zero'] },
      { type: 'Unsqueeze', more: ['axes'] },
      { type: 'Concat', more: ['rest'], attributes: { axis: 0 } },
      { type: 'Reshape', inputs: ['x', 'v3'] },
      { type: 'MatMul', more: ['w'] },
    ],
    tensors: { zero: integerTensor(0), axes: integerTensor([0]), rest: integerTensor([-1]), w: weights(map, 3) },
    operations: ['reshape', 'dense', 'identity'],
  },
  {
    name: 'a Reshape to a slice of Shape and a product',
    steps: [
      { type: 'Shape' },
      { type: 'Slice', more: ['one', 'end'] },
      { type: 'ReduceProd', attributes: { keepdims: 1 } },
      { type: 'Concat', inputs: ['one', 'v2'], attributes: { axis: 0 } },
      { type: 'Cast', attributes: { to: 7 } },
      { type: 'Constant', inputs: [], attributes: { value: integerTensor([0, 1]) } },
      { type: 'Mul', inputs: ['v4', 'one'] },
      { type: 'Sub', inputs: ['v6', 'v5'] },
      { type: 'Add', inputs: ['v7', 'v5'] },
      { type: 'Reshape', inputs: ['x', 'minus'] },
      { type: 'MatMul', more: ['w'] },
    ],
    tensors: { one: integerTensor([1]), end: integerTensor([9]), minus: integerTensor([0, -1]), w: weights(map, 3) },
  },
  {
    name: 'Squeeze',
    steps: [{ type: 'GlobalAveragePool' }, { type: 'Squeeze', more: ['axes'] }],
    tensors: { axes: integerTensor([2, 3]) },
  },
  {
    name: 'Squeeze by an attribute',
    opset: 11,
    steps: [{ type: 'GlobalAveragePool' }, { type: 'Squeeze', attributes: { axes: [-1, 2] } }],
  },
  {
    name: 'Unsqueeze of channels, and a map again',
    steps: [...pooling, { type: 'Unsqueeze', more: ['axes'] }, { type: 'Mul', inputs: ['v2', 'x'] }, ...pooling],
    tensors: { axes: integerTensor([2, 3]) },
  },
  ofMap('a map whose cells are put in a row', map, [{ type: 'Reshape', more: ['shape'] }, { type: 'Relu' }], {
    tensors: { shape: integerTensor([0, 3, -1]) },
  }),
  ofMap(
    'a map that is flattened and made again',
    4 * cells,
    [{ type: 'Flatten' }, { type: 'Reshape', more: ['shape'] }, conv({ pads: [1, 1, 1, 1] })],
    { tensors: { ...kernel, shape: integerTensor([-1, 3, height, width]) } },
  ),
  ofMap(
    'channels in two axes and together again',
    map,
    [{ type: 'Reshape', more: ['split'] }, { type: 'Relu' }, { type: 'Reshape', more: ['merged'] }],
    { tensors: { split: integerTensor([0, 3, 1, height, width]), merged: integerTensor([0, 3, height, width]) } },
  ),
  ...[1, 2, 3, -1].map((axis) =>
    ofMap(`Concat along axis ${axis}`, 2 * map, [
      { type: 'Relu' },
      { type: 'Concat', inputs: ['v0', 'x'], attributes: { axis } },
    ]),
  ),
  {
    name: 'Concat of rows',
    steps: [
      ...pooling,
      { type: 'GlobalMaxPool', inputs: ['x'] },
      { type: 'Flatten' },
      { type: 'Concat', inputs: ['v1', 'v3'], attributes: { axis: 1 } },
    ],
  },
  ofMap('Pad', 3 * 10 * 14, [{ type: 'Pad', more: ['pads'] }], {
    tensors: { pads: integerTensor([0, 0, 1, 2, 0, 0, 2, 3]) },
  }),
  ofMap('Pad by axes', 3 * 7 * 11, [{ type: 'Pad', more: ['pads', '', 'axes'] }], {
    opset: 18,
    tensors: { pads: integerTensor([1, 1]), axes: integerTensor([-1]) },
  }),
  ofMap('Pad by an attribute', 3 * 8 * 9, [{ type: 'Pad', attributes: { pads: [0, 0, 1, 0, 0, 0, 0, 0] } }], {
    opset: 10,
  }),
]

const toFirst: Step = { type: 'Transpose', attributes: { perm: [0, 3, 1, 2] } }
const toLast: Step = { type: 'Transpose', attributes: { perm: [0, 2, 3, 1] } }

const channelsLast: readonly Case[] = [
  {
    name: 'a network for channels-last photos that transposes around its convolutions',
    isChannelsLast: true,
    steps: [
      { type: 'Mul', more: ['c'] },
      toFirst,
      conv({ pads: [1, 1, 1, 1] }),
      toLast,
      { type: 'Add', more: ['d'] },
      { type: 'Relu' },
      { type: 'Pad', more: ['pads'] },
      { type: 'ReduceMean', attributes: { axes: [1, 2], keepdims: 0 } },
      { type: 'Softmax' },
    ],
    tensors: {
      ...kernel,
      c: floatTensor([3], [1, 2, 0.5]),
      d: weights(4),
      pads: integerTensor([0, 1, 0, 0, 0, 0, 2, 0]),
    },
    operations: [
      'scale',
      'identity',
      'conv2d',
      'identity',
      'scale',
      'relu',
      'zero-pad',
      'global-average-pool',
      'softmax',
      'identity',
    ],
  },
  {
    name: 'a channels-last map that is flattened',
    isChannelsLast: true,
    steps: [
      { type: 'Reshape', more: ['shape'] },
      { type: 'MatMul', more: ['w'] },
    ],
    tensors: { shape: integerTensor([-1, map]), w: weights(map, 4) },
  },
  {
    name: 'squeeze and excitation, channels last',
    isChannelsLast: true,
    steps: [
      { type: 'ReduceMean', attributes: { axes: [1, 2], keepdims: 0 } },
      { type: 'Reshape', more: ['shape'] },
      toFirst,
      conv({}, ['w1']),
      { type: 'Sigmoid' },
      toLast,
      { type: 'Mul', inputs: ['x', 'v5'] },
      { type: 'ReduceMax', attributes: { axes: [1, 2], keepdims: 0 } },
    ],
    tensors: { shape: integerTensor([-1, 1, 1, 3]), w1: weights(3, 3, 1, 1) },
  },
]

const all = [...windows, ...elementwise, ...heads, ...shapes, ...channelsLast]

describe('an imported operator gives what ONNX Runtime gives', () => {
  it.each(all)('$name', async (each) => {
    const { graph, isLogarithm, path } = await importCase(modelOf(each))
    if (each.operations) expect(graph.nodes.slice(1).map(({ op }) => op)).toEqual(each.operations)
    const input = seededValues(2 * map, 8)
    const expected = await runFile(path, input)
    const found = [0, 1].flatMap((i) => [
      ...runNaively(graph, Float64Array.from(input.subarray(i * map, (i + 1) * map)))[graph.output]!,
    ])
    expect(relativeDifference(isLogarithm ? found.map(Math.log) : found, expected)).toBeLessThan(2e-6)
  })
})

const refused: readonly (Case & { readonly says: string })[] = [
  { name: 'an operator that is not known', steps: [{ type: 'Softplus' }, ...pooling], says: 'has no counterpart' },
  {
    name: 'an operator named like a property of objects',
    steps: [{ type: 'constructor' }, ...pooling],
    says: 'has no counterpart',
  },
  {
    name: 'groups of channels',
    steps: [conv({ group: 2 }), ...pooling],
    tensors: { w: weights(4, 1, 3, 3) },
    says: 'in 2 groups',
  },
  {
    name: 'two outputs that are read',
    steps: [
      { type: 'MaxPool', attributes: { kernel_shape: [1, 1] }, outputs: ['places'] },
      { type: 'Cast', inputs: ['places'], attributes: { to: 1 } },
      ...pooling,
    ],
    says: 'more than one output',
  },
  {
    name: 'a window with gaps',
    steps: [pool('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2] }), ...pooling],
    says: 'gaps',
  },
  {
    name: 'padding with another number',
    steps: [{ type: 'Pad', more: ['p', 'v'] }, ...pooling],
    tensors: { p: integerTensor([0, 0, 1, 1, 0, 0, 1, 1]), v: floatTensor([], [1]) },
    says: 'something else than 0',
  },
  {
    name: 'padding by reflection',
    steps: [{ type: 'Pad', more: ['p'], attributes: { mode: 'reflect' } }, ...pooling],
    tensors: { p: integerTensor([0, 0, 1, 1, 0, 0, 1, 1]) },
    says: 'something else than 0',
  },
  {
    name: 'a transposed convolution in groups',
    steps: [{ type: 'ConvTranspose', more: ['w'], attributes: { group: 3 } }, ...pooling],
    tensors: { w: weights(3, 1, 2, 2) },
    says: 'groups of channels',
  },
  {
    name: 'a transposed convolution with gaps',
    steps: [{ type: 'ConvTranspose', more: ['w'], attributes: { dilations: [2, 1] } }, ...pooling],
    tensors: { w: weights(3, 2, 2, 2) },
    says: 'has gaps',
  },
  {
    name: 'a resize that interpolates',
    steps: [{ type: 'Resize', more: ['', 'f'], attributes: { mode: 'linear' } }, ...pooling],
    tensors: { f: floatTensor([4], [1, 1, 2, 2]) },
    says: 'interpolates',
  },
  {
    name: 'a resize to half the size',
    steps: [{ type: 'Resize', more: ['', 'f'] }, ...pooling],
    tensors: { f: floatTensor([4], [1, 1, 0.5, 0.5]) },
    says: 'by no whole factors',
  },
  {
    name: 'a resize that takes other neighbours',
    steps: [
      { type: 'Resize', more: ['', 'f'], attributes: { coordinate_transformation_mode: 'align_corners' } },
      ...pooling,
    ],
    tensors: { f: floatTensor([4], [1, 1, 2, 2]) },
    says: 'other neighbours',
  },
  {
    name: 'the axis of photos in a Reshape',
    steps: [{ type: 'Reshape', more: ['s'] }],
    tensors: { s: integerTensor([-1, cells]) },
    says: 'mixes the axis of photos',
  },
  {
    name: 'a shuffle of channels',
    steps: [
      { type: 'Reshape', more: ['s'] },
      { type: 'Transpose', attributes: { perm: [0, 2, 1, 3, 4] } },
      { type: 'Reshape', more: ['m'] },
      ...pooling,
    ],
    tensors: { ...kernel, s: integerTensor([0, 3, 1, height, width]), m: integerTensor([0, 3, width, height]) },
    says: 'transposes feature maps',
  },
  {
    name: 'a product of maps',
    steps: [{ type: 'MatMul', more: ['w'] }, ...pooling],
    tensors: { w: weights(width, 2) },
    says: 'multiplies',
  },
  {
    name: 'a constant for each place',
    steps: [{ type: 'Add', more: ['c'] }, ...pooling],
    tensors: { c: weights(1, 3, height, width) },
    says: 'another constant in each place',
  },
  {
    name: 'logarithms that are computed with',
    steps: [...pooling, { type: 'LogSoftmax' }, { type: 'Relu' }],
    says: 'is followed by others',
  },
  {
    name: 'an attribute of another type',
    steps: [conv({ strides: 'two' }), ...pooling],
    tensors: kernel,
    says: 'strange “strides”',
  },
  { name: 'operators of an old opset', opset: 6, steps: pooling, says: 'is of opset 6' },
]

describe('what has no place in the graph', () => {
  it.each(refused)('is $name', async ({ says, ...each }) => {
    await expect(importCase(modelOf(each))).rejects.toMatchObject({
      name: 'NoPlace',
      message: expect.stringContaining(says) as string,
    })
  })
})

describe('nodes of an imported graph', () => {
  it('have the names of the ONNX nodes, or of their outputs, each once', async () => {
    const model = modelOf({ name: '', steps: [{ type: 'HardSwish' }, { type: 'Relu' }, ...pooling] })
    const nodes = model.nodes.map((node, i) => (i < 2 ? { ...node, name: 'same' } : node))
    const { graph } = await importCase({ ...model, nodes })
    expect(graph.nodes.map(({ name }) => name)).toEqual([
      ...['x', 'same/scale', 'same/relu', 'same', 'v1', 'v2', 'v3', 'y'],
    ])
  })

  it('read their weights from the file each time, and keep none', async () => {
    const { graph } = await importCase(modelOf(windows[0]!))
    const node = graph.nodes[1]!
    if (node.op !== 'conv2d') throw new Error('the first node is a convolution')
    expect(node.kernel.data).not.toBe(node.kernel.data)
    expect(node.kernel.data).toEqual(node.kernel.data)
  })
})
