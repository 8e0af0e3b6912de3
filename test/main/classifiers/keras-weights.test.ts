import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as h5wasm from 'h5wasm/node'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import { ArchitectureRequest } from '#common/contract/procedures/models.ts'
import { architectureGraph } from '#main/classifiers/architectures/registry.ts'
import { classifierFormatOf } from '#main/classifiers/registry.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { storedLayers } from '#main/files/stored-layers.ts'
import { openHdf5 } from '#main/files/hdf5.ts'
import { readNpy } from '#main/files/npy.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { streamGraph } from '#main/tensor/tfjs/stream-graph.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { seededLayers, weightsOf, writeKerasWeights, type WrittenLayer } from '../../builders/keras-weights.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'

const chooser = new RuntimeChooser()
const shape = [96, 96, 3]
const input = Float32Array.from({ length: 96 * 96 * 3 }, (_, i) => Math.sin(i * 0.01))
const quarter = ArchitectureRequest.parse({ name: 'mobilenet', alpha: 0.25 })
const withoutTop = { ...quarter, top: false }

let layers: readonly WrittenLayer[]
/** the output for `input` of the network with these layers */
let expected: Float32Array

beforeAll(async () => {
  await h5wasm.ready
  await wasmRuntime.start()
  const options = { inputShape: shape, alpha: 0.25, head: { kind: 'top', classes: 7 } } as const
  layers = seededLayers('mobilenet', options)
  const graph = architectureGraph('mobilenet', options, weightsOf(layers))
  expected = streamGraph(graph, input, [graph.output])[0]!
})

function written(content: readonly WrittenLayer[], options?: Parameters<typeof writeKerasWeights>[2]): string {
  const path = join(temporaryFolder(), 'weights.h5')
  writeKerasWeights(path, content, options)
  return path
}

async function outputOf(path: string, request = quarter): Promise<Float32Array> {
  const source = await classifierFormatOf(path, request).read(path)
  try {
    return await source.reference(input, shape)
  } finally {
    source.dispose()
  }
}

async function errorOf(path: string, request = quarter): Promise<AppError> {
  return outputOf(path, request).then(
    () => expect.fail('there was no error'),
    (error: unknown) => error as AppError,
  )
}

/** The layers with one of them changed. */
function changed(name: string, change: (layer: WrittenLayer) => WrittenLayer): readonly WrittenLayer[] {
  return layers.map((layer) => (layer.name === name ? change(layer) : layer))
}

describe('weights of a network that is built in code', () => {
  it('are loaded with what the network is used with, and checked against TensorFlow.js', async () => {
    const path = written(layers)
    const options = { card: {}, runtime: 'onnx', architecture: quarter } as const
    const classifier = await loadClassifier(path, options, (preference) => chooser.choose(preference))
    try {
      expect(classifier.info).toMatchObject({
        nClasses: 7,
        predictionRuntime: 'onnx',
        notes: [],
        card: { name: 'weights', width: 224, height: 224, preprocess: 'tf', layer: 'conv_pw_13_relu' },
      })
      // the gradient network is compiled later, from the same file
      const { gradient } = await classifier.layerGradients(new Float32Array(224 * 224 * 3).fill(0.5), [3], 'logit')
      expect(gradient.some((value) => value !== 0)).toBe(true)
    } finally {
      await classifier.dispose()
    }
  })

  it('give the same under names of variable length, in a whole model, and under old flat names', async () => {
    const flat = layers.map(({ name, tensors }) => ({
      name,
      tensors: tensors.map((tensor, i) => ({ ...tensor, name: `${name}_${i}_W_1:0` })),
    }))
    expect(await outputOf(written(layers, { strings: 'variable' }))).toEqual(expected)
    expect(await outputOf(written(layers, { root: '/model_weights' }))).toEqual(expected)
    expect(await outputOf(written(flat))).toEqual(expected)
  })

  it('are assigned by name where the names are the network’s, whatever their order', async () => {
    expect(await outputOf(written([...layers].reverse()))).toEqual(expected)
  })

  it('are assigned in order where the layers are called otherwise', async () => {
    const renamed = layers.map(({ name, tensors }, i) => ({ name: `layer_${i}`, tensors, was: name }))
    expect(await outputOf(written(renamed))).toEqual(expected)
  })

  it('are found in a model inside the model', async () => {
    const inner = layers.slice(0, -3).flatMap(({ tensors }) => tensors)
    const isTrained = ({ name }: { readonly name: string }): boolean => !name.includes('moving')
    // Keras lists what is trained first
    const nested = [...inner.filter(isTrained), ...inner.filter((tensor) => !isTrained(tensor))]
    expect(await outputOf(written([{ name: 'base', tensors: nested }, ...layers.slice(-3)]))).toEqual(expected)
  })

  it('are read with the head of ObAlEx’s authors, whose units and classes they tell', async () => {
    const headed = seededLayers('mobilenet', {
      inputShape: shape,
      alpha: 0.25,
      head: { kind: 'obalex', units: 16, classes: 2 },
    })
    const path = written(headed)
    const source = await classifierFormatOf(path, withoutTop).read(path)
    expect(source.facts).toMatchObject({ inputShape: shape, nClasses: 2, lastSpatialLayer: 'conv_pw_13_relu' })
    expect(source.facts.layerNames.slice(-3)).toEqual(['dense_1', 'dense_2/dense', 'dense_2'])
    const output = await source.reference(input, shape)
    expect(output.length).toBe(2)
    expect(output[0]! + output[1]!).toBeCloseTo(1, 5)
    source.dispose()
    expect((await errorOf(path)).hint).toBe('Give --no-top.')
  })

  it('take photos of the size that is asked for', async () => {
    const path = written(layers)
    const source = await classifierFormatOf(path, quarter).read(path)
    expect(source.facts.inputShape).toEqual([null, null, 3])
    const { nodes } = source.graph([64, 128, 3])
    expect(nodes.find(({ name }) => name === 'conv_pw_13_relu')!.shape).toEqual([2, 4, 256])
    source.dispose()
  })

  it('close their file with the source', async () => {
    const path = written(layers)
    const source = await classifierFormatOf(path, quarter).read(path)
    const kernel = source.graph(shape).nodes.find((node) => node.op === 'conv2d')!.kernel
    expect(kernel.data.length).toBe(3 * 3 * 3 * 8)
    source.dispose()
    expect(() => kernel.data).toThrow('closed')
  })
})

describe('weights that do not fit', () => {
  it('name a tensor of another shape, and both shapes', async () => {
    const path = written(
      changed('conv_pw_3', ({ name, tensors: [kernel] }) => ({
        name,
        tensors: [{ ...kernel!, shape: [1, 1, 32, 16], values: kernel!.values.slice(0, 512) }],
      })),
    )
    const error = await errorOf(path)
    expect(error.code).toBe('model.format')
    for (const part of [path, 'conv_pw_3/kernel:0', '[1, 1, 32, 16]', '[1, 1, 32, 32]']) {
      expect(error.message).toContain(part)
    }
    expect(error.message).not.toContain('\n')
  })

  it.each([
    ['a layer that is missing', () => layers.filter(({ name }) => name !== 'conv_pw_5_bn'), 'conv_pw_5_bn'],
    ['a layer too many', () => [...layers, { ...layers[1]!, name: 'conv_extra' }], 'conv_extra'],
    [
      'a tensor that is missing',
      () => changed('conv1_bn', ({ name, tensors }) => ({ name, tensors: tensors.slice(0, 3) })),
      'conv1_bn',
    ],
    [
      'a value that is no number',
      () =>
        changed('conv_dw_7', ({ name, tensors: [kernel] }) => ({
          name,
          tensors: [{ ...kernel!, values: kernel!.values.map((value, i) => (i === 9 ? NaN : value)) }],
        })),
      'conv_dw_7/depthwise_kernel:0',
    ],
  ])('name %s', async (what, content, name) => {
    const path = written(content())
    const error = await errorOf(path)
    expect(error.code).toBe(what.startsWith('a value') ? 'model.weights-not-finite' : 'model.format')
    expect(error.message).toContain(path)
    expect(error.message).toContain(name)
  })

  it('say which network they belong to, and what to give', async () => {
    const path = written(layers)
    const vgg16 = await errorOf(path, ArchitectureRequest.parse({ name: 'vgg16' }))
    expect(vgg16.message).toBe(`${path}: it holds MobileNet’s weights, not VGG16’s`)
    expect(vgg16.hint).toBe('Give --architecture mobilenet.')
    const full = await errorOf(path, { ...quarter, alpha: 1 })
    expect(full.message).toBe(`${path}: it holds MobileNet 0.25’s weights, not MobileNet’s`)
    expect(full.hint).toBe('Give --alpha 0.25.')
    const known = written([{ name: 'block5_conv4', tensors: layers[1]!.tensors }])
    expect((await errorOf(known, ArchitectureRequest.parse({ name: 'vgg16' }))).message).toContain('VGG19')
  })

  it('say that the head is another one, or is missing', async () => {
    expect((await errorOf(written(layers), withoutTop)).hint).toBe('Leave --no-top out.')
    const features = written(layers.slice(0, -3))
    for (const request of [quarter, withoutTop]) {
      expect((await errorOf(features, request)).message).toContain('last feature map')
    }
  })

  it('are refused where the file is cut off, is laid out otherwise, or is no HDF5', async () => {
    const path = written(layers)
    writeFileSync(path, readFileSync(path).subarray(0, 100_000))
    expect((await errorOf(path)).code).toBe('file.format')
    writeFileSync(path, '{}')
    expect((await errorOf(path)).code).toBe('file.format')
    const file = new h5wasm.File(path, 'w')
    file.create_group('layers')
    file.close()
    expect((await errorOf(path)).code).toBe('model.format')
  })

  it('are not looked for in other kinds of model files', () => {
    expect(() => classifierFormatOf('model.json', quarter)).toThrow('--architecture'.slice(2))
  })
})

describeWithData('the reference’s weight files', () => {
  it('hold the same under old flat names', async () => {
    const [names, flat] = await Promise.all(
      ['vgg16_notop', 'vgg16_notop_flatnames'].map((name) => openHdf5(testData(`goldens/arch/${name}_periodic.h5`))),
    )
    const [a, b] = [storedLayers(names!)!.layers, storedLayers(flat!)!.layers]
    expect(b.map(({ name }) => name)).toEqual(a.map(({ name }) => name))
    expect(b[0]!.tensors.map(({ name }) => name)).toEqual(['block1_conv1_W_1:0', 'block1_conv1_b_1:0'])
    a.forEach(({ tensors }, i) =>
      tensors.forEach((tensor, k) => expect(b[i]!.tensors[k]!.read()).toEqual(tensor.read())),
    )
    names!.close()
    flat!.close()
  })

  it.each([
    ['mobilenet025', { name: 'mobilenet', alpha: 0.25 }],
    ['resnet50', { name: 'resnet50' }],
  ] as const)('give Keras’s logits of %s through the classifier', async (golden, request) => {
    const file = (suffix: string) => testData(`goldens/arch/${golden}${suffix}`)
    const options = { card: {}, runtime: 'onnx', architecture: ArchitectureRequest.parse(request) } as const
    const classifier = await loadClassifier(file('_periodic.h5'), options, (preference) => chooser.choose(preference))
    try {
      const photos = (await readNpy(testData('goldens/arch/photos.npy'))).data as Uint8Array
      const logits = (await readNpy(file('_logits.npy'))).data as Float32Array
      const photo = preprocess(photos.subarray(0, 224 * 224 * 3), classifier.info.card.preprocess)
      const found = await classifier.logits(photo, 1)
      found.forEach((value, i) => expect(Math.abs(value - logits[i]!)).toBeLessThan(1e-3))
    } finally {
      await classifier.dispose()
    }
  })

  it('of VGG16, half a gigabyte, are loaded in less than 1.3 GB', async () => {
    const program = fileURLToPath(import.meta.resolve('../../builders/peak-memory.ts'))
    const { stdout } = await promisify(execFile)(process.execPath, [
      program,
      testData('goldens/arch/vgg16_periodic.h5'),
      'vgg16',
    ])
    expect(Number(stdout)).toBeGreaterThan(0.5e9)
    expect(Number(stdout)).toBeLessThan(1.3e9)
  })
})
