import { readFileSync, writeFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { CardOptions, RuntimePreference } from '#common/contract/procedures/models.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { nodeIndex, type Graph } from '#main/tensor/graph.ts'
import { graphOfLayersModel } from '#main/tensor/layers-to-graph.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { readLayersModel } from '#main/tensor/read-layers-model.ts'
import type { GradientNetwork, Runtime, ScoreKind } from '#main/tensor/runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { writeLayersModel } from '#main/tensor/write-layers-model.ts'
import { setSeededWeights, writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { fakeRuntime } from '../tensor/fake-runtime.ts'
import { relativeDifference, seededValues } from '../tensor/layer-models.ts'
import { runNaively } from '../tensor/naive-graph.ts'

const chooser = new RuntimeChooser()
const l = tf.layers

beforeAll(() => wasmRuntime.start())

type Choose = (preference: RuntimePreference) => Promise<readonly Runtime[]>

/** Loads a classifier that is disposed when the test ends. */
async function load(
  path: string,
  { card = {}, runtime = 'auto' }: { card?: CardOptions; runtime?: RuntimePreference } = {},
  choose: Choose = (preference) => chooser.choose(preference),
): Promise<Classifier> {
  const classifier = await loadClassifier(path, { card, runtime }, choose)
  onTestFinished(() => classifier.dispose())
  return classifier
}

/** Chooses the given runtimes without a probe. */
const always =
  (...runtimes: Runtime[]): Choose =>
  () =>
    Promise.resolve(runtimes)

/** Writes a model of some layers, with a card that says preprocessing `none`. */
async function writeModel(layers: tf.layers.Layer[]): Promise<string> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const model = tf.sequential({ layers })
  setSeededWeights(model, 3)
  const path = await writeLayersModel(model, temporaryFolder())
  model.dispose()
  writeFileSync(`${path}.card.json`, JSON.stringify({ preprocess: 'none' }))
  return path
}

const conv = (more: Partial<Parameters<typeof l.conv2d>[0]> = {}): tf.layers.Layer =>
  l.conv2d({ name: 'conv', inputShape: [12, 10, 3], filters: 4, kernelSize: 3, activation: 'relu', ...more })
const pool = (): tf.layers.Layer => l.globalAveragePooling2d({ dataFormat: 'channelsLast' })

async function graphOf(path: string, shape: readonly number[]): Promise<Graph> {
  const { model } = await readLayersModel(path)
  onTestFinished(() => void model.dispose()) // the graph reads its weights
  return graphOfLayersModel(model, shape)
}

describe('a classifier', () => {
  it.each(['onnx', 'wasm'] as const)('gives on %s the logits that nested loops give', async (runtime) => {
    const path = await writeSmallModel(temporaryFolder(), { labels: ['cat', 'dog', 'cow', 'elk'] })
    const classifier = await load(path, { runtime })
    expect(classifier.info).toMatchObject({
      nClasses: 4,
      predictionRuntime: runtime,
      gradientRuntime: runtime,
      card: { labels: ['cat', 'dog', 'cow', 'elk'], layer: 'features_relu', width: 32, height: 32, preprocess: 'tf' },
    })
    expect(classifier.batchSize).toBe(32)
    const graph = await graphOf(path, [32, 32, 3])
    const size = 32 * 32 * 3
    const images = seededValues(2 * size, 9)
    const logits = await classifier.logits(images, 2)
    const node = nodeIndex(graph, 'scores/dense')
    for (const i of [0, 1]) {
      const own = images.subarray(i * size, (i + 1) * size)
      const expected = runNaively(graph, Float64Array.from(own))[node]!
      expect(relativeDifference(logits.subarray(4 * i, 4 * i + 4), expected)).toBeLessThan(1e-5)
    }
    const probabilities = classifier.probabilities(logits.subarray(0, 4))
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
  })

  it.each([
    ['softmax', 3, (z: readonly number[]) => z.map((own) => 1 / z.reduce((sum, x) => sum + Math.exp(x - own), 0))],
    ['sigmoid', 3, (z: readonly number[]) => z.map((own) => 1 / (1 + Math.exp(-own)))],
    // scores of any scale are made comparable
    ['linear', 3, (z: readonly number[]) => z.map((own) => 1 / z.reduce((sum, x) => sum + Math.exp(x - own), 0))],
    ['sigmoid', 1, (z: readonly number[]) => z.map((own) => 1 / (1 + Math.exp(-own)))],
  ] as const)('that ends in %s over %i classes has the probabilities of that', async (activation, units, expected) => {
    const classifier = await load(await writeModel([conv(), pool(), l.dense({ units, activation })]))
    expect(classifier.info).toMatchObject({ nClasses: units, notes: [], predictionRuntime: 'onnx' })
    const logits = await classifier.logits(seededValues(12 * 10 * 3, 1), 1)
    expect(logits).toHaveLength(units)
    const probabilities = classifier.probabilities(logits)
    expect(relativeDifference(probabilities, expected([...logits]))).toBeLessThan(1e-12)
    // extreme logits stay numbers
    const extreme = classifier.probabilities(Array.from({ length: units }, (_, i) => (i === 0 ? 2000 : -2000)))
    expect([...extreme]).toEqual([1, 0, 0].slice(0, units))
    const { gradient } = await classifier.layerGradients(seededValues(12 * 10 * 3, 1), [units - 1], 'logit')
    expect(gradient.some((value) => value !== 0)).toBe(true)
  })

  it('of an open input size takes the size that is asked for', async () => {
    const path = await writeModel([conv({ inputShape: [null, null, 3] }), pool(), l.dense({ units: 2 })])
    const classifier = await load(path, { card: { size: 40 } })
    expect(classifier.info.card).toMatchObject({ width: 40, height: 40 })
    const input = seededValues(40 * 40 * 3, 1)
    const expected = runNaively(await graphOf(path, [40, 40, 3]), Float64Array.from(input)).at(-1)!
    expect(relativeDifference(await classifier.logits(input, 1), expected)).toBeLessThan(1e-5)
    expect((await load(path)).info.card).toMatchObject({ width: 224, height: 224 })
  })

  it('leaves no tensors behind, whether it was used, not used, or not loaded', async () => {
    const path = await writeSmallModel(temporaryFolder())
    const before = tf.memory().numTensors
    const used = await loadClassifier(path, { card: {}, runtime: 'wasm' }, (p) => chooser.choose(p))
    await used.layerGradients(new Float32Array(32 * 32 * 3), [1], 'logit')
    await used.layerGradients(new Float32Array(32 * 32 * 3), [1], 'logit', 'conv_relu')
    await used.dispose()
    expect(tf.memory().numTensors).toBe(before)
    await (await loadClassifier(path, { card: {}, runtime: 'onnx' }, (p) => chooser.choose(p))).dispose()
    expect(tf.memory().numTensors).toBe(before)
    await expect(load(path, { card: { layer: 'nowhere' } })).rejects.toThrow()
    await expect(load(path, { card: { labels: ['one'] } })).rejects.toThrow()
    const wrong = fakeRuntime('wasm', { distort: (value) => -value })
    await expect(load(path, {}, always(wrong))).rejects.toThrow()
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('layer gradients', () => {
  const scaled =
    (by: number): Runtime['loadGradient'] =>
    async (graph, layer) => {
      const network = await onnxRuntime.loadGradient(graph, layer)
      const run: GradientNetwork['run'] = async (...args) => {
        const values = await network.run(...args)
        return { ...values, gradient: values.gradient.map((value) => value * by) }
      }
      return { run, dispose: () => network.dispose() }
    }

  it.each([
    ['that are wrong', scaled(1.01), /differs from TensorFlow\.js by \d\.\de-\d/],
    ['that are not numbers', scaled(NaN), /by Infinity/],
    ['that cannot be had', () => Promise.reject(new Error('no such operator')), /no such operator/],
  ] as const)(
    '%s are computed by the next runtime; without one, the reasons are said',
    async (_, gradients, reason) => {
      const path = await writeSmallModel(temporaryFolder())
      const input = seededValues(32 * 32 * 3, 2)
      const faulty: Runtime = { ...onnxRuntime, loadGradient: gradients }
      const expected = await (await load(path, {}, always(wasmRuntime))).layerGradients(input, [1], 'logit')
      const classifier = await load(path, {}, always(faulty, wasmRuntime))
      const found = await classifier.layerGradients(input, [1], 'logit')
      expect(relativeDifference(found.activation, expected.activation)).toBeLessThan(1e-5)
      expect(relativeDifference(found.gradient, expected.gradient)).toBeLessThan(1e-5)
      if (gradients.length === 0) {
        const alone = await load(path, {}, always(faulty))
        await expect(alone.layerGradients(input, [1], 'logit')).rejects.toMatchObject({
          code: 'runtime.unavailable',
          hint: expect.stringMatching(reason) as string,
        })
      }
    },
  )

  it('of a batch are those of its photos, each for its own class', async () => {
    const classifier = await load(await writeSmallModel(temporaryFolder()))
    const size = 32 * 32 * 3
    const inputs = seededValues(3 * size, 5)
    const classes = [2, 0, 1]
    const all = await classifier.layerGradients(inputs, classes, 'probability')
    for (const [i, classIndex] of classes.entries()) {
      const one = await classifier.layerGradients(inputs.slice(i * size, (i + 1) * size), [classIndex], 'probability')
      const n = one.gradient.length
      expect(relativeDifference(all.gradient.subarray(i * n, (i + 1) * n), one.gradient)).toBeLessThan(1e-5)
      expect(relativeDifference(all.activation.subarray(i * n, (i + 1) * n), one.activation)).toBeLessThan(1e-5)
    }
  })

  /** Value and gradient of a layer by nested loops and central differences. */
  function naiveGradient(graph: Graph, layer: string, input: Float32Array, classIndex: number, of: ScoreKind) {
    const index = nodeIndex(graph, layer)
    const output = nodeIndex(graph, of === 'logit' ? 'scores/dense' : 'scores')
    const activation = runNaively(graph, Float64Array.from(input))[index]!
    const at = Array.from({ length: 12 }, (_, i) => (i * 61) % activation.length)
    const gradient = at.map((position) => {
      const [up, down] = [1e-6, -1e-6].map((step) => {
        const moved = Float64Array.from(activation)
        moved[position]! += step
        return runNaively(graph, moved, index)[output]![classIndex]!
      })
      return (up! - down!) / 2e-6
    })
    return { activation, at, gradient }
  }

  it('are those of the card’s layer, or of another that is asked for, of logit or probability', async () => {
    const path = await writeSmallModel(temporaryFolder())
    const graph = await graphOf(path, [32, 32, 3])
    const classifier = await load(path)
    const input = seededValues(32 * 32 * 3, 2)
    const asked = [
      [undefined, [8, 8, 24]],
      ['depthwise_relu', [8, 8, 8]],
      // behind it lie a depthwise convolution and two normalisations; its own normalisation must not be in its value
      ['conv', [16, 16, 8]],
    ] as const
    for (const [layer, [height, width, channels]] of asked) {
      for (const of of ['logit', 'probability'] as const) {
        const found = await classifier.layerGradients(input, [1], of, layer)
        expect(found).toMatchObject({ height, width, channels })
        const expected = naiveGradient(graph, layer ?? 'features_relu', input, 1, of)
        expect(relativeDifference(found.activation, expected.activation)).toBeLessThan(1e-5)
        const some = expected.at.map((position) => found.gradient[position]!)
        expect(relativeDifference(some, expected.gradient), `${layer ?? ''} ${of}`).toBeLessThan(1e-3)
      }
    }
    // a second time, from what was loaded the first time
    const again = await classifier.layerGradients(input, [1], 'logit', 'depthwise_relu')
    expect(again).toEqual(await classifier.layerGradients(input, [1], 'logit', 'depthwise_relu'))
  })

  it('are refused for layers that are not there or have no extent', async () => {
    const classifier = await load(await writeSmallModel(temporaryFolder()))
    const input = new Float32Array(32 * 32 * 3)
    await expect(classifier.layerGradients(input, [0], 'logit', 'conv5')).rejects.toMatchObject({
      code: 'model.layer-missing',
      hint: expect.stringContaining('features_relu') as string,
    })
    await expect(classifier.layerGradients(input, [0], 'logit', 'average')).rejects.toMatchObject({
      code: 'model.layer-missing',
      message: expect.stringContaining('[24]') as string,
    })
  })
})

describe('a model is not opened', () => {
  it('with a card that names a layer it has not', async () => {
    const path = await writeSmallModel(temporaryFolder(), { card: { layer: 'conv_pw_13_relu' } })
    await expect(load(path)).rejects.toMatchObject({
      code: 'model.layer-missing',
      message: 'the model has no layer “conv_pw_13_relu”',
      hint: expect.stringContaining('features_bn, features_relu') as string,
    })
  })

  it('where it has several inputs or outputs', async () => {
    await tf.setBackend('wasm')
    const input = tf.input({ shape: [16, 16, 3] })
    const outputs = [2, 3].map((units) => l.dense({ units }).apply(l.flatten().apply(input)) as tf.SymbolicTensor)
    const model = tf.model({ inputs: input, outputs })
    const path = await writeLayersModel(model, temporaryFolder())
    model.dispose()
    await expect(load(path, { card: { preprocess: 'tf' } })).rejects.toMatchObject({
      code: 'model.format',
      message: `${path}: the model has 1 inputs and 2 outputs; an image classifier has one of each`,
    })
  })

  it('where photos of the size are too small for its layers', async () => {
    const path = await writeModel([
      conv({ inputShape: [null, null, 3], kernelSize: 9 }),
      l.maxPooling2d({ name: 'pool', poolSize: 4 }),
      pool(),
    ])
    await expect(load(path, { card: { size: 10 } })).rejects.toMatchObject({
      code: 'model.format',
      message: `${path}: the layer pool cannot take inputs of shape [2, 2, 4]: its output would be [0, 0, 4]`,
    })
    await expect(load(path, { card: { size: 8 } })).rejects.toMatchObject({ code: 'model.format' })
  })

  it('where TensorFlow.js itself cannot compute it', async () => {
    const path = await writeModel([conv(), l.softmax({ axis: 1 }), pool()])
    await expect(load(path)).rejects.toMatchObject({
      code: 'model.check-failed',
      message: expect.stringContaining(`${path}: TensorFlow.js cannot compute this model: Softmax`) as string,
    })
  })

  it('where the file is no model', async () => {
    await expect(load('photo.jpg')).rejects.toMatchObject({
      code: 'model.format',
      hint: expect.stringContaining('model.json') as string,
    })
  })
})

describe('a layer that only TensorFlow.js has', () => {
  const layers = (): tf.layers.Layer[] => [
    conv(),
    l.permute({ name: 'turned', dims: [2, 1, 3] }),
    pool(),
    l.dense({ name: 'scores', units: 3, activation: 'softmax' }),
  ]

  it.each(['auto', 'onnx'] as const)(
    'makes the model run there, with a note, where %s is asked for',
    async (runtime) => {
      const path = await writeModel(layers())
      const before = tf.memory().numTensors
      const classifier = await loadClassifier(path, { card: {}, runtime }, (p) => chooser.choose(p))
      expect(classifier.info.predictionRuntime).toBe('wasm')
      expect(classifier.info.notes.at(-1)).toMatch(/^ONNX Runtime \(CPU\) is not used: .*turned \(Permute\)/)
      const input = seededValues(360, 1)
      const { model } = await readLayersModel(path)
      const expected = tf.tidy(() => (model.predict(tf.tensor(input, [1, 12, 10, 3])) as tf.Tensor).dataSync().slice())
      model.dispose()
      const logits = await classifier.logits(input, 1)
      expect(relativeDifference(classifier.probabilities(logits), expected)).toBeLessThan(1e-5)
      // the mean over a map turned is the mean over the map: each cell has 1/80 of the dense weights
      const { gradient, channels, height, width } = await classifier.layerGradients(input, [2], 'logit', 'conv')
      expect([height, width, channels]).toEqual([10, 8, 4])
      const perChannel = gradient.subarray(0, channels)
      gradient.forEach((value, i) => expect(value).toBeCloseTo(perChannel[i % channels]!, 6))
      await classifier.dispose()
      expect(tf.memory().numTensors).toBe(before)
    },
  )
})

describe('a compiled network that is wrong', () => {
  it('is not used: the next runtime is, and the note says so', async () => {
    const path = await writeSmallModel(temporaryFolder())
    const disposed: string[] = []
    const wrong: Runtime = {
      ...fakeRuntime('onnx'),
      load: async (graph, outputs) => {
        const network = await onnxRuntime.load(graph, outputs)
        return {
          run: async (...args) =>
            new Map([...(await network.run(...args))].map(([name, values]) => [name, values.map((v) => v * 1.01)])),
          dispose: async () => {
            await network.dispose()
            disposed.push('wrong')
          },
        }
      },
    }
    const classifier = await load(path, {}, always(wrong, wasmRuntime))
    expect(classifier.info).toMatchObject({
      predictionRuntime: 'wasm',
      notes: [expect.stringMatching(/^fake onnx is not used: its result differs from TensorFlow\.js by \d\.\de-\d$/)],
    })
    expect(disposed).toEqual(['wrong'])
  })

  const fail = (): never => {
    throw new Error('protobuf too large\nat line 3')
  }
  it.each([
    ['cannot be loaded', { load: fail }],
    ['cannot be run', { distort: fail }],
  ])('or %s, is not used either', async (_, options) => {
    const path = await writeSmallModel(temporaryFolder(), { inputSide: 16 })
    const classifier = await load(path, {}, always(fakeRuntime('onnx', options), wasmRuntime))
    expect(classifier.info.predictionRuntime).toBe('wasm')
    expect(classifier.info.notes.at(-1)).toBe('fake onnx is not used: protobuf too large')
  })

  it('gives NaN', async () => {
    const path = await writeSmallModel(temporaryFolder(), { inputSide: 16 })
    const classifier = await load(path, {}, always(fakeRuntime('onnx', { distort: () => NaN }), wasmRuntime))
    expect(classifier.info.notes.at(-1)).toContain('by Infinity')
  })

  it('on every runtime: the model is not opened, and the hint has the reasons', async () => {
    const path = await writeSmallModel(temporaryFolder(), { name: 'Small', inputSide: 16 })
    const wrong = fakeRuntime('onnx', { distort: (value) => value + value ** 2 })
    await expect(load(path, {}, always(wrong))).rejects.toMatchObject({
      code: 'model.check-failed',
      message: 'no runtime computes Small as TensorFlow.js does',
      hint: expect.stringContaining('fake onnx is not used') as string,
    })
  })
})

describeWithData('a model for grey digits', () => {
  it('is refused in a line that says what it takes', async () => {
    const path = testData('data/keras-small-files/gippoo_pizzacat_tfjs/pizzacat.json')
    await expect(load(path)).rejects.toMatchObject({
      code: 'model.format',
      message: `${path} takes inputs of shape [28, 28, 1], not colour images`,
    })
    const architecture = testData('data/keras-small-files/ms-lilibeth_weights_only/mnist.arch.json')
    expect(readFileSync(architecture, 'utf8')).toContain('Sequential')
    await expect(load(architecture)).rejects.toMatchObject({
      code: 'model.format',
      message: `${architecture} is not a TF.js layers-model: it has no “modelTopology”`,
    })
  })
})
