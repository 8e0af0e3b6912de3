import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { convertKerasConfig, type ConvertedModel } from '#main/classifiers/keras-config/convert-config.ts'
import {
  parseConfig,
  type Json,
  type JsonObject,
  type KerasGeneration,
} from '#main/classifiers/keras-config/keras-object.ts'
import { requireBuildable } from '#main/tensor/tfjs/require-buildable.ts'

const float32: JsonObject = {
  module: 'keras',
  class_name: 'DTypePolicy',
  config: { name: 'float32' },
  registered_name: null,
  shared_object_id: 136333309063296,
}

/** A layer as Keras 3 writes it. */
function layer(className: string, name: string, config: JsonObject = {}, calls?: readonly Json[]): JsonObject {
  return {
    module: 'keras.layers',
    class_name: className,
    config: { name, trainable: true, dtype: float32, ...config },
    registered_name: null,
    build_config: { input_shape: [null, 8, 8, 3] },
    ...(calls === undefined ? {} : { name, inbound_nodes: calls }),
  }
}

function sequential(layers: readonly JsonObject[], name = 'sequential', more: JsonObject = {}): JsonObject {
  const config = { name, trainable: true, dtype: float32, layers, build_input_shape: [null, 8, 8, 3], ...more }
  return { module: 'keras', class_name: 'Sequential', config, registered_name: null }
}

const photo = layer('InputLayer', 'photo', {
  batch_shape: [null, 8, 8, 3],
  sparse: false,
  ragged: false,
  optional: false,
})

function functional(layers: readonly JsonObject[], output: Json, name = 'functional'): JsonObject {
  const config = { name, trainable: true, layers, input_layers: ['photo', 0, 0], output_layers: output }
  return { module: 'keras.src.models.functional', class_name: 'Functional', config, registered_name: 'Functional' }
}

const calledPhoto = { ...photo, name: 'photo', inbound_nodes: [] }

/** The value of a layer's call, as Keras 3 writes it. */
const tensor = (from: string, node = 0): JsonObject => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 8, 8, 3], dtype: 'float32', keras_history: [from, node, 0] },
})
const call = (args: readonly Json[], kwargs: JsonObject = {}): JsonObject => ({ args, kwargs })

interface TopologyLayer {
  readonly class_name: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>> & { readonly layers?: readonly TopologyLayer[] }
  readonly inbound_nodes?: unknown
}

function convert(description: JsonObject, generation: KerasGeneration = 3): ConvertedModel & { json: TopologyLayer } {
  const converted = convertKerasConfig(description, generation)
  return { ...converted, json: converted.topology as unknown as TopologyLayer }
}

function errorOf(description: Json, generation: KerasGeneration = 3): AppError {
  try {
    convertKerasConfig(description, generation)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it was converted')
}

describe('a Sequential of Keras 3', () => {
  it('loses what only Keras 3 knows', () => {
    const object = (className: string, config: JsonObject): JsonObject => ({
      module: 'keras.x',
      class_name: className,
      config,
      registered_name: null,
    })
    const { json, model } = convert(
      sequential([
        photo,
        layer('Conv2D', 'conv', {
          filters: 4,
          kernel_size: { class_name: '__tuple__', items: [3, 3] },
          groups: 1,
          activation: 'silu',
          kernel_initializer: object('GlorotUniform', { seed: null }),
          kernel_regularizer: object('L2', { l2: 0.01 }),
          bias_regularizer: object('L1', { l1: 0.5 }),
          activity_regularizer: object('OrthogonalRegularizer', { factor: 1 }),
          kernel_constraint: object('MaxNorm', { max_value: 2, axis: 0 }),
        }),
        layer('LeakyReLU', 'leaky', { negative_slope: 0.125 }),
        layer('RandomFlip', 'flip', { mode: 'horizontal' }),
      ]),
    )
    expect(json).toEqual({
      class_name: 'Sequential',
      name: 'sequential',
      config: {
        name: 'sequential',
        layers: [
          {
            class_name: 'InputLayer',
            name: 'photo',
            config: {
              name: 'photo',
              trainable: true,
              dtype: 'float32',
              batch_input_shape: [null, 8, 8, 3],
              sparse: false,
              ragged: false,
              optional: false,
            },
          },
          {
            class_name: 'Conv2D',
            name: 'conv',
            config: {
              name: 'conv',
              trainable: true,
              dtype: 'float32',
              filters: 4,
              kernel_size: [3, 3],
              groups: 1,
              activation: 'swish',
              kernel_initializer: { class_name: 'FileZeros', config: {} },
              kernel_regularizer: { class_name: 'L1L2', config: { l1: 0, l2: 0.01 } },
              bias_regularizer: { class_name: 'L1L2', config: { l1: 0.5, l2: 0 } },
              activity_regularizer: null,
              kernel_constraint: { class_name: 'MaxNorm', config: { max_value: 2, axis: 0 } },
            },
          },
          {
            class_name: 'LeakyReLU',
            name: 'leaky',
            config: { name: 'leaky', trainable: true, dtype: 'float32', negative_slope: 0.125, alpha: 0.125 },
          },
          {
            class_name: 'PassThrough',
            name: 'flip',
            config: { name: 'flip', trainable: true, dtype: 'float32', mode: 'horizontal' },
          },
        ],
      },
    })
    // weights are looked up by the class in the file
    expect(model.layers).toContainEqual({ name: 'flip', className: 'RandomFlip', layers: null })
  })

  it.each([
    ['mixed_float16', 'float32'],
    ['bfloat16', 'float32'],
    ['uint8', 'float32'],
  ])('of numbers of the type %s is computed in %s', (from, to) => {
    const { json } = convert(
      sequential([photo, layer('Flatten', 'flat', { dtype: { ...float32, config: { name: from } } })]),
    )
    expect(json.config.layers![1]!.config['dtype']).toBe(to)
  })

  it('may be described without its input', () => {
    const { json } = convert(sequential([layer('Flatten', 'flat')]))
    expect(json.config.layers![0]!.config['batch_input_shape']).toEqual([null, 8, 8, 3])
  })

  it('of Keras 2.0 is a list of layers', () => {
    const { json } = convert(
      { class_name: 'Sequential', config: [{ class_name: 'Flatten', config: { name: 'flat' } }] },
      2,
    )
    expect(json.config.layers).toEqual([{ class_name: 'Flatten', name: 'flat', config: { name: 'flat' } }])
  })
})

describe('a functional model', () => {
  it('of Keras 3 has its calls as Keras 2 wrote them', () => {
    const { json } = convert(
      functional(
        [
          calledPhoto,
          layer('Conv2D', 'conv', {}, [
            call([tensor('photo')], { training: false, mask: null }),
            call([tensor('conv')]),
          ]),
          layer('Add', 'sum', {}, [call([[tensor('conv', 1), tensor('photo')]])]),
        ],
        ['sum', 0, 0],
      ),
    )
    expect(json.class_name).toBe('Model')
    expect(json.config).toMatchObject({ input_layers: [['photo', 0, 0]], output_layers: [['sum', 0, 0]] })
    expect(json.config.layers!.map((item) => item.inbound_nodes)).toEqual([
      [],
      [[['photo', 0, 0, {}]], [['conv', 0, 0, {}]]],
      [
        [
          ['conv', 1, 0, {}],
          ['photo', 0, 0, {}],
        ],
      ],
    ])
  })

  const inner = { ...functional([calledPhoto], ['photo', 0, 0], 'inner'), name: 'inner' }
  const innerSequential = { ...sequential([photo], 'inner'), name: 'inner' }

  it.each([
    ['functional model', inner, ['inner', 1, 0]],
    ['Sequential', innerSequential, ['inner', 0, 0]],
  ])('of Keras 3 counts the calls of a nested %s from 1, as TF.js does', (_, model, output) => {
    const layers = [calledPhoto, { ...model, inbound_nodes: [call([tensor('photo')])] }]
    expect(convert(functional(layers, output)).json.config).toMatchObject({ output_layers: [['inner', 1, 0]] })
    const more = [...layers, layer('Flatten', 'flat', {}, [call([tensor('inner')])])]
    const { json, model: entry } = convert(functional(more, ['flat', 0, 0]))
    expect(json.config.layers![2]!.inbound_nodes).toEqual([[['inner', 1, 0, {}]]])
    expect(entry.layers![1]!.layers).toEqual([{ name: 'photo', className: 'InputLayer', layers: null }])
  })

  it('of Keras 2 keeps its calls', () => {
    const calls = [[['inner', 1, 0, { training: false }]]]
    const { json } = convert(
      functional(
        [calledPhoto, { ...inner, inbound_nodes: [[['photo', 0, 0, {}]]] }, layer('Flatten', 'flat', {}, calls)],
        [['flat', 0, 0]],
      ),
      2,
    )
    expect(json.config.layers![2]!.inbound_nodes).toEqual([[['inner', 1, 0, {}]]])
  })

  it.each([
    ['TrueDivide', [tensor('photo'), 4], { scale: 0.25, offset: 0 }],
    ['Divide', [tensor('photo'), 4], { scale: 0.25, offset: 0 }],
    ['Subtract', [tensor('photo'), 3], { scale: 1, offset: -3 }],
    ['Subtract', [3, tensor('photo')], { scale: -1, offset: 3 }],
    ['Add', [2, tensor('photo')], { scale: 1, offset: 2 }],
    ['Multiply', [tensor('photo'), 5], { scale: 5, offset: 0 }],
  ])('keeps the arithmetic of an operation %s', (className, args, config) => {
    const operation = { ...layer(className, 'operation', {}, [call(args)]), module: 'keras.src.ops.numpy' }
    const { json, model } = convert(functional([calledPhoto, operation], ['operation', 0, 0]))
    expect(json.config.layers![1]).toMatchObject({
      class_name: 'Rescaling',
      config,
      inbound_nodes: [[['photo', 0, 0, {}]]],
    })
    // Keras does not count it among the layers
    expect(model.layers).toHaveLength(1)
  })

  it('of an .h5 file tells an operation from a layer by how it is called', () => {
    const add = (calls: readonly Json[]): JsonObject => ({
      class_name: 'Add',
      name: 'sum',
      config: { name: 'sum' },
      inbound_nodes: calls,
    })
    const converted = (args: readonly Json[]): unknown =>
      convert(functional([calledPhoto, add([call(args)])], ['sum', 0, 0])).json.config.layers![1]
    expect(converted([tensor('photo'), 2])).toMatchObject({ class_name: 'Rescaling', config: { scale: 1, offset: 2 } })
    expect(converted([[tensor('photo'), tensor('photo')]])).toMatchObject({ class_name: 'Add' })
  })

  it('keeps the sum of two values, and the arithmetic that Keras 2 recorded', () => {
    const sum = {
      ...layer('Add', 'sum', {}, [call([tensor('photo'), tensor('photo')])]),
      module: 'keras.src.ops.numpy',
    }
    expect(convert(functional([calledPhoto, sum], ['sum', 0, 0])).json.config.layers![1]).toMatchObject({
      class_name: 'Add',
      inbound_nodes: [
        [
          ['photo', 0, 0, {}],
          ['photo', 0, 0, {}],
        ],
      ],
    })
    const divided = {
      class_name: 'TFOpLambda',
      config: { name: 'tf.math.truediv', trainable: true, dtype: 'float32', function: 'math.truediv' },
      name: 'tf.math.truediv',
      inbound_nodes: [['photo', 0, 0, { y: 2, name: null }]],
    }
    const added = {
      class_name: 'TFOpLambda',
      config: { name: 'added', function: '__operators__.add' },
      name: 'added',
      inbound_nodes: [['photo', 0, 0, { y: ['tf.math.truediv', 0, 0], name: null }]],
    }
    const keras2 = convert(functional([calledPhoto, divided, added], [['added', 0, 0]]), 2)
    expect(keras2.json.config.layers![2]).toMatchObject({
      class_name: 'Add',
      inbound_nodes: [
        [
          ['photo', 0, 0, {}],
          ['tf.math.truediv', 0, 0, {}],
        ],
      ],
    })
    expect(keras2.json.config.layers![1]).toMatchObject({ class_name: 'Rescaling', config: { scale: 0.5, offset: 0 } })
  })
})

describe('refused by name', () => {
  const inModel = (item: JsonObject): JsonObject => sequential([photo, item])
  const operation = (className: string, args: readonly Json[]): JsonObject =>
    functional(
      [calledPhoto, { ...layer(className, 'op', {}, [call(args)]), module: 'keras.src.ops.numpy' }],
      ['op', 0, 0],
    )
  const called = (kwargs: JsonObject, args: readonly Json[] = [tensor('photo')]): JsonObject =>
    functional([calledPhoto, layer('Dropout', 'drop', {}, [call(args, kwargs)])], ['drop', 0, 0])

  it.each([
    ['a custom layer', inModel({ ...layer('Doubling', 'double'), module: '__main__' }), 'Doubling'],
    [
      'a custom layer called as one of Keras',
      inModel({ ...layer('Conv2D', 'c'), registered_name: 'mine>Conv2D' }),
      'mine>Conv2D',
    ],
    ['a layer of another package', inModel({ ...layer('Dense', 'd'), module: 'keras_extras.layers' }), 'Dense'],
    ['an activation', inModel(layer('Dense', 'd', { activation: 'hard_silu' })), 'hard_silu'],
    [
      'a function as activation',
      inModel(layer('Dense', 'd', { activation: { class_name: 'function', config: 'mine' } })),
      'mine',
    ],
    ['a layer as activation', inModel(layer('Dense', 'd', { activation: layer('PReLU', 'p') })), 'PReLU'],
    // 0.2 x + 0.5 in Keras 2 and TF.js
    ['the hard sigmoid of Keras 3', inModel(layer('Dense', 'd', { activation: 'hard_sigmoid' })), 'hard_sigmoid'],
    [
      'a quantised layer',
      inModel(
        layer('Dense', 'd', { dtype: { class_name: 'QuantizedDTypePolicy', config: { mode: 'int8_from_float32' } } }),
      ),
      'd',
    ],
    ['resizing', inModel(layer('Resizing', 'r', { height: 4, width: 4 })), 'Resizing'],
    ['bilinear enlarging', inModel(layer('UpSampling2D', 'u', { interpolation: 'bilinear' })), 'UpSampling2D'],
    ['grouped convolution', inModel(layer('Conv2D', 'c', { groups: 2 })), 'Conv2D'],
    ['rescaling by channel', inModel(layer('Rescaling', 'r', { scale: [1, 2, 3] })), 'Rescaling'],
    ['an operation', operation('Mean', [tensor('photo')]), 'Mean'],
    ['division by a value', operation('Divide', [1, tensor('photo')]), 'Divide'],
    [
      'arithmetic with an array',
      operation('Subtract', [tensor('photo'), { class_name: '__tensor__', config: { value: [1, 2, 3] } }]),
      'Subtract',
    ],
    ['dropout as in training', called({ training: true }), 'Dropout'],
    ['a call with an option', called({ mask: tensor('photo') }), 'Dropout'],
    ['a call with a constant', called({}, [tensor('photo'), 2]), 'Dropout'],
    ['a model that is a class of its own', { ...functional([], []), class_name: 'MyModel' }, 'MyModel'],
  ])('%s', (_, description, named) => {
    const error = errorOf(description)
    expect(error).toMatchObject({ code: 'model.layer-unknown', data: { layer: named } })
    expect(error.message).toContain(named)
  })

  it('not the hard sigmoid of Keras 2', () => {
    const { json } = convert(inModel(layer('Dense', 'd', { activation: 'hard_sigmoid' })), 2)
    expect(json.config.layers![1]!.config['activation']).toBe('hard_sigmoid')
  })
})

describe('descriptions that are none', () => {
  const calls = (nodes: Json): JsonObject =>
    functional([calledPhoto, { ...layer('Flatten', 'flat'), inbound_nodes: nodes }], ['flat', 0, 0])
  const loop = [
    calledPhoto,
    layer('Flatten', 'a', {}, [call([tensor('b')])]),
    layer('Flatten', 'b', {}, [call([tensor('a')])]),
  ]

  it.each<[string, Json]>([
    ['null', null],
    ['a list', []],
    ['without a class', { config: {} }],
    ['without layers', { class_name: 'Sequential', config: { name: 's' } }],
    ['a layer without config', sequential([{ class_name: 'Dense' }])],
    ['a layer without name', sequential([{ class_name: 'Dense', config: {} }])],
    ['two layers of one name', sequential([photo, layer('Flatten', 'f'), layer('Dropout', 'f')])],
    ['a call that is a number', calls([7])],
    ['a call of nothing', calls([[]])],
    ['a call without args', calls([{ kwargs: {} }])],
    ['an input that is a number', calls([[7]])],
    ['an input by a negative number', calls([[['photo', -1, 0, {}]]])],
    ['no outputs', functional([calledPhoto], null)],
  ])('%s', (_, description) => {
    expect(errorOf(description)).toMatchObject({ code: 'model.format' })
  })

  it.each([
    ['an input that is not there', calls([call([tensor('nowhere')])])],
    ['a call that is not there', calls([call([tensor('photo', 1)])])],
    ['a loop', functional(loop, ['a', 0, 0])],
    ['an output that is not there', functional([calledPhoto], ['nowhere', 0, 0])],
  ])('%s, before TensorFlow.js would look for it without end', (_, description) => {
    const { topology } = convertKerasConfig(description, 3)
    expect(() => requireBuildable('m.keras', topology)).toThrow(AppError)
  })

  it.each(['', '{', 'null]', '['.repeat(1e6), `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`])('text %#', (text) => {
    expect(() => parseConfig(text)).toThrow(AppError)
  })
})
