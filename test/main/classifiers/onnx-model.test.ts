import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CardOptions, RuntimePreference } from '#common/contract/procedures/models.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { floatTensor, writeOnnx, type FileModel } from '../../builders/onnx-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { fakeRuntime } from '../tensor/fake-runtime.ts'
import { relativeDifference, seededValues } from '../tensor/layer-models.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/onnx/', import.meta.url))
const expected = JSON.parse(readFileSync(join(fixtures, 'torch.json'), 'utf8')) as Record<
  string,
  { readonly logits: number[]; readonly output: number[] }
>
const side = 12
const size = side * side * 3
/** As in make_torch.py. */
const photos = Float32Array.from({ length: 2 * size }, (_, at) => {
  const [photo, i] = [Math.floor(at / size), at % size]
  return Math.sin((i + 1000 * photo) * 0.37) * Math.cos(i * 0.011)
})

interface HowToLoad {
  readonly card?: CardOptions
  readonly runtime?: RuntimePreference
  readonly runtimes?: readonly Runtime[]
}

const chooser = new RuntimeChooser()

/** Loads a classifier that is disposed when the test ends, without a probe unless a runtime is asked for. */
async function load(path: string, { card = { preprocess: 'none' }, runtime, runtimes }: HowToLoad = {}) {
  const classifier = await loadClassifier(path, { card, runtime: runtime ?? 'auto' }, async (preference) => {
    if (runtime !== undefined) return chooser.choose(preference)
    if (runtimes) return runtimes
    await wasmRuntime.start()
    return [onnxRuntime, wasmRuntime]
  })
  onTestFinished(() => classifier.dispose())
  return classifier
}

/** A fixture in a folder of its own, where a card can lie beside it. */
function copyOf(name: string): string {
  const path = join(temporaryFolder(), `${name}.onnx`)
  copyFileSync(join(fixtures, `${name}.onnx`), path)
  return path
}

const fixture = (name: string): string => join(fixtures, `${name}.onnx`)

async function probabilities(classifier: Classifier): Promise<number[]> {
  const logits = await classifier.logits(photos, 2)
  return [0, 4].flatMap((at) => [...classifier.probabilities(logits.subarray(at, at + 4))])
}

describe('an ONNX classifier', () => {
  it.each(['residual', 'mobile', 'flattened', 'fire-softmax', 'residual-log-softmax', 'flattened-sigmoid'])(
    'gives the scores of PyTorch for two photos at once, also where its file is for one: %s',
    async (name) => {
      const classifier = await load(fixture(name))
      expect(classifier.info).toMatchObject({
        nClasses: 4,
        predictionRuntime: 'onnx',
        gradientRuntime: 'onnx',
        notes: [],
      })
      const { logits, output } = expected[name]!
      expect(relativeDifference(await classifier.logits(photos, 2), logits)).toBeLessThan(1e-4)
      if (name.includes('softmax') || name.includes('sigmoid')) {
        const scores = name.includes('log') ? output.map(Math.exp) : output
        expect(relativeDifference(await probabilities(classifier), scores)).toBeLessThan(1e-5)
      }
    },
  )

  it('is explained at its last feature map, or at any node by name', async () => {
    const classifier = await load(fixture('residual'))
    expect(classifier.info.card).toMatchObject({ width: side, height: side, layer: '/Relu_2' })
    const { height, width, channels } = await classifier.layerGradients(photos, [0, 1], 'probability')
    expect([height, width, channels]).toEqual([6, 6, 6])
    await expect(load(fixture('residual'), { card: { preprocess: 'none', layer: 'Relu_2' } })).rejects.toMatchObject({
      code: 'model.layer-missing',
    })
  })

  it('asks how it wants its input', async () => {
    await expect(load(fixture('residual'), { card: {} })).rejects.toMatchObject({ code: 'model.preprocessing-unknown' })
    const path = copyOf('residual')
    writeFileSync(`${path}.card.json`, JSON.stringify({ preprocess: 'torch', labels: ['a', 'b', 'c', 'd'] }))
    const { card } = (await load(path, { card: {} })).info
    expect(card).toMatchObject({ preprocess: 'torch', labels: ['a', 'b', 'c', 'd'], name: 'residual' })
  })

  it('is checked against the file itself, and the note says so', async () => {
    const wrong: Runtime = {
      ...fakeRuntime('onnx'),
      load: async (graph, outputs) => {
        const network = await onnxRuntime.load(graph, outputs)
        return {
          run: async (...args) =>
            new Map([...(await network.run(...args))].map(([name, values]) => [name, values.map((v) => v * 1.01)])),
          dispose: () => network.dispose(),
        }
      },
    }
    await wasmRuntime.start()
    const classifier = await load(fixture('residual'), { runtimes: [wrong, wasmRuntime] })
    expect(classifier.info.predictionRuntime).toBe('wasm')
    expect(classifier.info.notes).toEqual([expect.stringContaining('differs from the unchanged file by') as string])
  })
})

/** Of a convolution in groups, which the graph has no operation for: `grouped` gives one value a channel of what it makes. */
const groupedOperator = /the operator Conv \(“.*grouped\/Conv”\) has 2 groups of channels/

describe('an ONNX classifier with an operator that has no place in the graph', () => {
  it.each(['grouped', 'grouped-softmax'])('runs as it is, batch by batch: %s', async (name) => {
    const classifier = await load(fixture(name), { runtime: 'auto' })
    expect(classifier.info).toMatchObject({
      nClasses: 4,
      predictionRuntime: 'onnx',
      card: { width: side, height: side },
      notes: [expect.stringMatching(groupedOperator) as string],
    })
    expect(classifier.batchSize).toBeGreaterThanOrEqual(1)
    expect(classifier.bytes).toBeGreaterThan(0)
    const { logits, output } = expected[name]!
    if (name === 'grouped') expect(relativeDifference(await classifier.logits(photos, 2), logits)).toBeLessThan(1e-5)
    else expect(relativeDifference(await probabilities(classifier), output)).toBeLessThan(1e-5)
  })

  it('says that gradients do not reach a layer before that operator', async () => {
    await expect(load(fixture('grouped'), { card: { preprocess: 'none', layer: '/conv/Conv' } })).rejects.toMatchObject(
      {
        code: 'model.layer-missing',
        message: expect.stringMatching(groupedOperator) as string,
        hint: expect.stringMatching(/from “\/grouped\/Conv” on/) as string,
      },
    )
  })

  it('needs ONNX Runtime', async () => {
    await expect(load(fixture('grouped'), { runtime: 'wasm' })).rejects.toMatchObject({
      code: 'runtime.unavailable',
      message: expect.stringContaining('grouped runs on ONNX Runtime only') as string,
    })
  })

  it('runs photo by photo where its file mixes the photos of a batch', async () => {
    const mixing: FileModel = {
      nodes: [
        { type: 'GlobalAveragePool', inputs: ['x'], outputs: ['p'] },
        { type: 'ReduceMean', inputs: ['p'], outputs: ['m'], attributes: { axes: [0, 2, 3], keepdims: 1 } },
        { type: 'Sub', inputs: ['p', 'm'], outputs: ['d'] },
        { type: 'Add', inputs: ['d', 'p'], outputs: ['s'] },
        { type: 'Flatten', inputs: ['s'], outputs: ['y'] },
      ],
      inputs: [{ name: 'x', shape: ['n', 3, 8, 8] }],
    }
    const classifier = await load(writeOnnx(mixing))
    const input = seededValues(2 * 8 * 8 * 3, 4)
    const both = await classifier.logits(input, 2)
    for (const i of [0, 1]) {
      const alone = await classifier.logits(input.subarray(i * 192, (i + 1) * 192), 1)
      expect(both.subarray(3 * i, 3 * i + 3)).toEqual(alone)
    }
  })
})

const [height, width] = [8, 9]
const cells = height * width
/** [out, in] of a convolution of 1×1, and [classes, channels] of the scores. */
const mixes = [
  [0.5, -1, 0.25],
  [1, 1, -0.5],
] as const
const weights = [
  [2, -1],
  [0.5, 3],
  [-1, 1],
] as const
const softplus = (value: number): number => Math.log1p(Math.exp(value))

/** What no operation of the graph is, then a feature map of two channels, ReLU, its mean, three scores. */
const ending: FileModel = {
  nodes: [
    { type: 'Softplus', inputs: ['x'], outputs: ['s'] },
    { type: 'Conv', inputs: ['s', 'mixes'], outputs: ['c'], name: 'conv' },
    { type: 'Relu', inputs: ['c'], outputs: ['r'], name: 'relu' },
    { type: 'GlobalAveragePool', inputs: ['r'], outputs: ['p'] },
    { type: 'Flatten', inputs: ['p'], outputs: ['f'] },
    { type: 'Gemm', inputs: ['f', 'weights'], outputs: ['y'], attributes: { transB: 1 } },
  ],
  tensors: { mixes: floatTensor([2, 3, 1, 1], mixes.flat()), weights: floatTensor([3, 2], weights.flat()) },
  inputs: [{ name: 'x', shape: ['n', 3, height, width] }],
}

/** The value of its convolution, [height, width, 2], and the gradient of a class’s score there, by hand. */
function byHand(photo: Float32Array, classIndex: number) {
  const values = Array.from({ length: cells * 2 }, (_, i) =>
    mixes[i % 2]!.reduce((sum, weight, c) => sum + weight * softplus(photo[Math.floor(i / 2) * 3 + c]!), 0),
  )
  return { values, gradient: values.map((value, i) => (value > 0 ? weights[classIndex]![i % 2]! / cells : 0)) }
}

describe('gradients of an ONNX classifier that runs as it is', () => {
  const input = seededValues(3 * cells * 3, 7).map((value) => 4 * value - 2)
  const photoOf = (i: number): Float32Array => input.subarray(i * cells * 3, (i + 1) * cells * 3)

  it.each<[string, Partial<FileModel>]>([
    ['any number of photos', {}],
    ['two photos', { inputs: [{ name: 'x', shape: [2, 3, height, width] }] }],
    ['a feature map that is given out, too', { outputs: ['y', 'c'].map((name) => ({ name, shape: [] })) }],
  ])('are those of its end, from the first feature map after the operator on; a file for %s', async (what, more) => {
    const nodes = ending.nodes.map((node) =>
      what.includes('given out') && node.type === 'Gemm' ? { ...node, outputs: ['logits'] } : node,
    )
    const outputs = more.outputs?.map((value) => (value.name === 'y' ? { ...value, name: 'logits' } : value))
    const classifier = await load(writeOnnx({ ...ending, nodes, ...more, ...(outputs ? { outputs } : {}) }))
    expect(classifier.info).toMatchObject({
      card: { layer: 'relu' },
      gradientRuntime: 'onnx',
      notes: [expect.stringMatching(/Softplus.*; gradients reach back to its layer “conv”$/) as string],
    })
    const classes = [0, 2, 1]
    const found = await classifier.layerGradients(input, classes, 'logit', 'conv')
    expect(found).toMatchObject({ height, width, channels: 2 })
    const hands = classes.map((classIndex, i) => byHand(photoOf(i), classIndex))
    expect(
      relativeDifference(
        found.activation,
        hands.flatMap(({ values }) => values),
      ),
    ).toBeLessThan(1e-5)
    expect(
      relativeDifference(
        found.gradient,
        hands.flatMap(({ gradient }) => gradient),
      ),
    ).toBeLessThan(1e-5)
  })

  it('are those of the probability, too, also where the file ends in its logarithm', async () => {
    const classifier = await load(
      writeOnnx({
        ...ending,
        nodes: [
          ...ending.nodes.map((node) => (node.type === 'Gemm' ? { ...node, outputs: ['z'] } : node)),
          { type: 'LogSoftmax', inputs: ['z'], outputs: ['y'] },
        ],
      }),
    )
    const { values } = byHand(photoOf(0), 0)
    const means = [0, 1].map((c) => values.reduce((sum, v, i) => sum + (i % 2 === c ? Math.max(v, 0) : 0), 0) / cells)
    const scores = weights.map((row) => Math.exp(row.reduce((sum, weight, c) => sum + weight * means[c]!, 0)))
    const p = scores.map((score) => score / scores.reduce((a, b) => a + b))
    // ∂p₁ = p₁ (w₁ − Σ p w)
    const slopes = [0, 1].map(
      (c) => p[1]! * (weights[1][c]! - weights.reduce((sum, row, k) => sum + p[k]! * row[c]!, 0)),
    )
    const { gradient } = await classifier.layerGradients(photoOf(0), [1], 'probability', 'conv')
    const expectedGradient = values.map((value, i) => (value > 0 ? slopes[i % 2]! / cells : 0))
    expect(relativeDifference(gradient, expectedGradient)).toBeLessThan(1e-5)
  })

  it('are there with weights in a file of their own, and for photos of another size', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'w.bin'), Float32Array.from(mixes.flat()))
    const location: FileModel['tensors'] = {
      ...ending.tensors,
      mixes: {
        shape: [2, 3, 1, 1],
        write: (tensor) => tensor.message(13, (entry) => entry.text(1, 'location').text(2, 'w.bin')).integer(14, 1),
      },
    }
    const open = { ...ending, tensors: location, inputs: [{ name: 'x', shape: ['n', 3, 'h', 'w'] }] }
    const classifier = await load(writeOnnx(open, folder), { card: { preprocess: 'none', size: 16 } })
    const photo = seededValues(16 * 16 * 3, 9)
    const { height: rows, activation, gradient } = await classifier.layerGradients(photo, [0], 'logit', 'conv')
    expect([rows, activation.length]).toEqual([16, 16 * 16 * 2])
    const value = mixes[1].reduce((sum, weight, c) => sum + weight * softplus(photo[3 * 37 + c]!), 0)
    expect(activation[2 * 37 + 1]).toBeCloseTo(value, 5)
    expect(gradient[2 * 37 + 1]).toBeCloseTo(value > 0 ? weights[0][1] / 256 : 0, 7)
  })

  it.each<[string, FileModel['nodes']]>([
    [
      'where such an operator follows the last feature map',
      [
        { type: 'Conv', inputs: ['x', 'mixes'], outputs: ['c'] },
        { type: 'GlobalAveragePool', inputs: ['c'], outputs: ['p'] },
        { type: 'Softplus', inputs: ['p'], outputs: ['s'] },
        { type: 'Flatten', inputs: ['s'], outputs: ['y'] },
      ],
    ],
    [
      'where a way leads past every feature map',
      [
        { type: 'Conv', inputs: ['x', 'mixes'], outputs: ['c'] },
        { type: 'GlobalAveragePool', inputs: ['c'], outputs: ['p'] },
        { type: 'Softplus', inputs: ['x'], outputs: ['s'] },
        { type: 'Conv', inputs: ['s', 'mixes'], outputs: ['t'] },
        { type: 'GlobalAveragePool', inputs: ['t'], outputs: ['q'] },
        { type: 'Add', inputs: ['p', 'q'], outputs: ['a'] },
        { type: 'Flatten', inputs: ['a'], outputs: ['y'] },
      ],
    ],
  ])('are none %s, and it says which operator stands in the way', async (_, nodes) => {
    const classifier = await load(writeOnnx({ ...ending, nodes }))
    expect(classifier.info.card.layer).toBeNull()
    expect(classifier.info.notes).toEqual([expect.stringMatching(/^It runs as it is, without gradients/) as string])
    await expect(classifier.layerGradients(photoOf(0), [0], 'logit')).rejects.toMatchObject({
      code: 'runtime.unavailable',
      message: expect.stringContaining('Softplus') as string,
      hint: expect.stringMatching(/occlusion, LIME or RISE/) as string,
    })
  })
})

/** One value a channel. */
const plain: FileModel = {
  nodes: [
    { type: 'GlobalAveragePool', inputs: ['x'], outputs: ['p'] },
    { type: 'Flatten', inputs: ['p'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', shape: ['n', 3, 8, 8] }],
}

describe('an ONNX file', () => {
  it('for a number of photos runs with any', async () => {
    const classifier = await load(writeOnnx({ ...plain, inputs: [{ name: 'x', shape: [4, 3, 8, 8] }] }))
    expect(await classifier.logits(new Float32Array(5 * 192).fill(0.5), 5)).toEqual(new Float32Array(15).fill(0.5))
  })

  it('for a number of photos runs with any as it is, too', async () => {
    const nodes: FileModel['nodes'] = [
      { type: 'Softplus', inputs: ['x'], outputs: ['s'] },
      { type: 'GlobalAveragePool', inputs: ['s'], outputs: ['p'] },
      plain.nodes[1]!,
    ]
    const classifier = await load(writeOnnx({ ...plain, nodes, inputs: [{ name: 'x', shape: [4, 3, 8, 8] }] }))
    const scores = await classifier.logits(new Float32Array(5 * 192).fill(1), 5)
    expect(scores).toHaveLength(15)
    scores.forEach((score) => expect(score).toBeCloseTo(Math.log1p(Math.E), 5))
  })

  it('of an open size takes the size that is asked for', async () => {
    const path = writeOnnx({ ...plain, inputs: [{ name: 'x', shape: ['n', 3, 'h', 'w'] }] })
    expect((await load(path, { card: { preprocess: 'none', size: 16 } })).info.card).toMatchObject({
      width: 16,
      height: 16,
    })
    expect((await load(path)).info.card).toMatchObject({ width: 224, height: 224 })
    expect(
      (
        await load(
          writeOnnx({
            ...plain,
            inputs: [{ name: 'x', shape: ['n', 'h', 10, 3] }],
            nodes: [{ type: 'ReduceMean', inputs: ['x'], outputs: ['y'], attributes: { axes: [1, 2], keepdims: 0 } }],
          }),
          { card: { preprocess: 'none', size: 10 } },
        )
      ).info.card,
    ).toMatchObject({ width: 10, height: 10 })
  })

  it('of half precision inside runs', async () => {
    const kernel = [0.5, -0.25, 1, 2, 0.125, -1]
    const half: Record<number, number> = {
      0.5: 0x3800,
      '-0.25': 0xb400,
      1: 0x3c00,
      2: 0x4000,
      0.125: 0x3000,
      '-1': 0xbc00,
    }
    const raw = new Uint8Array(Uint16Array.from(kernel, (value) => half[value]!).buffer)
    const nodes: FileModel['nodes'] = [
      { type: 'Cast', inputs: ['x'], outputs: ['h'], attributes: { to: 10 } },
      { type: 'Conv', inputs: ['h', 'w'], outputs: ['c'] },
      { type: 'Cast', inputs: ['c'], outputs: ['f'], attributes: { to: 1 } },
      { type: 'GlobalAveragePool', inputs: ['f'], outputs: ['p'] },
      plain.nodes[1]!,
    ]
    const classifier = await load(
      writeOnnx({ ...plain, nodes, tensors: { w: { shape: [2, 3, 1, 1], type: 10, raw } } }),
    )
    expect(classifier.info.notes).toEqual([])
    const input = seededValues(192, 2)
    const mean = [0, 1, 2].map((c) => input.filter((_, i) => i % 3 === c).reduce((a, b) => a + b) / 64)
    const scores = [0, 3].map((row) => mean.reduce((sum, value, c) => sum + value * kernel[row + c]!, 0))
    expect(relativeDifference(await classifier.logits(input, 1), scores)).toBeLessThan(1e-5)
  })

  it('with an output of whole numbers is refused', async () => {
    const nodes: FileModel['nodes'] = [
      ...plain.nodes,
      { type: 'ArgMax', inputs: ['y'], outputs: ['best'], attributes: { axis: 1 } },
    ]
    const outputs = [{ name: 'best', shape: [], type: 7 }]
    await expect(load(writeOnnx({ ...plain, nodes, outputs }))).rejects.toMatchObject({
      code: 'model.format',
      message: expect.stringContaining('its output is of the type int64') as string,
    })
  })

  it.each<[string, Partial<FileModel>, RegExp]>([
    [
      'an operator that ONNX does not have',
      { nodes: [{ type: 'Frobnicate', inputs: ['x'], outputs: ['p'] }, plain.nodes[1]!] },
      /Frobnicate.*/,
    ],
    [
      'an operator of a domain of its own',
      {
        nodes: [{ type: 'Blur', domain: 'com.acme', inputs: ['x'], outputs: ['p'] }, plain.nodes[1]!],
        opsets: { '': 17, 'com.acme': 3 },
      },
      /com\.acme 3.*com\.acme.*Blur/,
    ],
    [
      'an opset of the future',
      { nodes: [{ type: 'Softplus', inputs: ['x'], outputs: ['p'] }, plain.nodes[1]!], opsets: { '': 999 } },
      /ai\.onnx 999/,
    ],
  ])('with %s is refused in a line that says so', async (_, more, says) => {
    const path = writeOnnx({ ...plain, ...more })
    const error = (await load(path).catch((cause: unknown) => cause)) as Error
    expect(error).toMatchObject({ code: 'model.format' })
    expect(error.message).toMatch(says)
    expect(error.message.startsWith(`${path}: `)).toBe(true)
    expect(error.message).not.toContain('\n')
  })

  it('takes the scores among several outputs by their name', async () => {
    const nodes: FileModel['nodes'] = [...plain.nodes, { type: 'Softmax', inputs: ['y'], outputs: ['probabilities'] }]
    const outputs = ['p', 'probabilities'].map((name) => ({ name, shape: [] }))
    const classifier = await load(writeOnnx({ ...plain, nodes, outputs }))
    const logits = await classifier.logits(seededValues(192, 1), 1)
    expect([...classifier.probabilities(logits)].reduce((a, b) => a + b)).toBeCloseTo(1, 6)
    await expect(
      load(writeOnnx({ ...plain, outputs: ['p', 'y'].map((name) => ({ name, shape: [] })) })),
    ).rejects.toMatchObject({
      code: 'model.format',
      message: expect.stringContaining('2 outputs (p, y)') as string,
    })
  })
})

describe('the metadata of an ONNX file', () => {
  const cardOf = async (metadata: Record<string, string>, card: CardOptions = {}): Promise<unknown> => {
    const classifier = await load(writeOnnx({ ...plain, metadata }), { card })
    return classifier.info.card
  }

  it.each([
    [{ preprocess: 'caffe' }, 'caffe'],
    [{ 'Image.BitmapPixelFormat': 'Rgb8', 'Image.NominalPixelRange': 'Normalized_1_1' }, 'tf'],
    [{ 'Image.BitmapPixelFormat': 'Rgb8', 'Image.NominalPixelRange': 'Normalized_0_1' }, 'unit'],
    [{ 'Image.BitmapPixelFormat': 'Rgb8', 'Image.NominalPixelRange': 'NominalRange_0_255' }, 'none'],
  ])('may say the preprocessing: %j', async (metadata, preprocess) => {
    expect(await cardOf(metadata as Record<string, string>)).toMatchObject({ preprocess })
    expect(await cardOf(metadata as Record<string, string>, { preprocess: 'torch' })).toMatchObject({
      preprocess: 'torch',
    })
  })

  it.each([
    [{ preprocess: 'as usual' }],
    [{ 'Image.BitmapPixelFormat': 'Bgr8', 'Image.NominalPixelRange': 'Normalized_0_1' }],
    [{ 'Image.NominalPixelRange': 'Normalized_0_1' }],
  ])('are not taken for more than they say: %j', async (metadata) => {
    await expect(cardOf(metadata as Record<string, string>)).rejects.toMatchObject({
      code: 'model.preprocessing-unknown',
    })
  })

  it.each([
    [{ labels: '["cat", "dog", "cow"]' }, ['cat', 'dog', 'cow']],
    [{ class_names: '{"0": "cat", "2": "cow", "1": "dog"}' }, ['cat', 'dog', 'cow']],
    [{ names: `{0: 'cat', 1: "dog's", 2: 'co\\'w, {x}'}` }, ['cat', "dog's", "co'w, {x}"]],
    [{ names: '["cat", "dog"]', labels: '["cat", "dog", "cow"]' }, ['cat', 'dog', 'cow']],
    [{ names: '["cat", "dog"]' }, null],
    [{ names: '["cat", "dog", 3]' }, null],
    [{ names: '{"1": "cat", "2": "dog", "3": "cow"}' }, null],
    [{ names: "{0: 'cat', 1: 'dog', 2: print()}" }, null],
    [{ names: 'cat dog cow' }, null],
  ])('may name the classes, one each: %j', async (metadata, labels) => {
    expect(await cardOf(metadata as Record<string, string>, { preprocess: 'none' })).toMatchObject({ labels })
  })
})

describe('weights of an ONNX file', () => {
  it('that are no numbers are refused, however deep they lie', async () => {
    const path = writeOnnx({
      ...plain,
      nodes: [
        { type: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
        { type: 'GlobalAveragePool', inputs: ['c'], outputs: ['p'] },
        plain.nodes[1]!,
      ],
      tensors: { w: floatTensor([2, 3, 1, 1], [1, 2, NaN, 4, 5, 6]) },
    })
    await expect(load(path)).rejects.toMatchObject({ code: expect.stringMatching(/^model\./) as string })
  })
})
