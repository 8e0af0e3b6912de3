import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RuntimePreference } from '#common/contract/procedures/models.ts'
import type { SegmentsMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { obalexScore } from '#common/score/obalex.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { lime } from '#main/explainers/lime/index.ts'
import { drawPerturbations, sampleWeights } from '#main/explainers/lime/perturbations.ts'
import { segmentHider } from '#main/explainers/lime/hidden-segments.ts'
import { fitWeightedRidge } from '#main/explainers/lime/weighted-ridge.ts'
import { quickshift } from '#main/explainers/segmenters/quickshift.ts'
import { readNpy } from '#main/files/npy.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { logitsInBatches, type Classifier } from '#main/tensor/classifier.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { describeWithNative } from '../../../builders/native-tensorflow.ts'
import { describeWithData, hasTestData, testData } from '../../../builders/test-data.ts'

const folder = 'goldens/explainers/mobilenet025'
const photos = hasTestData ? readdirSync(testData(folder)) : []
const size = { width: 224, height: 224 }
const nSamples = 1000
/** samples whose probabilities are compared one by one on each runtime */
const nFirst = 100
const defaults = { kernelSize: 4, maxDistance: 200, colourRatio: 0.2 }

interface Meta {
  readonly label: number
  readonly obalex: { readonly lime: number }
  readonly lime: {
    readonly segments: number
    readonly data_sha256_uint8: string
    readonly coef: readonly number[]
    readonly intercept: number
    readonly score: number
    readonly chosen: readonly number[]
  }
}

const golden = async (photo: string, name: string) => (await readNpy(testData(`${folder}/${photo}/${name}.npy`))).data
const metaOf = (photo: string) => JSON.parse(readFileSync(testData(`${folder}/${photo}/meta.json`), 'utf8')) as Meta

describeWithData('LIME as lime 0.2.0.1 explains MobileNet 0.25', () => {
  it.each(photos)('divides %s into the same segments', async (photo) => {
    const data = (await golden(photo, 'photo')) as Uint8Array
    const { labels, nSegments } = quickshift.segment({ data, ...size }, defaults)
    expect(nSegments).toBe(metaOf(photo).lime.segments)
    expect(labels).toEqual(Uint16Array.from(await golden(photo, 'lime_segments')))
  })

  it.each(photos)('hides the same segments of %s', async (photo) => {
    const { segments, data_sha256_uint8 } = metaOf(photo).lime
    const rows = drawPerturbations(nSamples, segments, 42)
    expect(rows.subarray(0, 20 * segments)).toEqual(Uint8Array.from(await golden(photo, 'lime_data_first20')))
    expect(createHash('sha256').update(rows).digest('hex')).toBe(data_sha256_uint8)
  })

  it.each(photos)('fits the same model to the stored probabilities of %s', async (photo) => {
    const { segments, coef, intercept, score } = metaOf(photo).lime
    const rows = drawPerturbations(nSamples, segments, 42)
    const fit = fitWeightedRidge({
      rows,
      nFeatures: segments,
      weights: sampleWeights(rows, segments),
      values: Float64Array.from(await golden(photo, 'lime_probabilities')),
    })
    expectClose(fit.coefficients, coef, 1e-6)
    expectClose([fit.intercept, fit.score], [intercept, score], 1e-6)
  })

  describe('on ONNX Runtime', () => explainsAlike('onnx', photos))
  describeWithNative('on native TensorFlow', () => explainsAlike('tensorflow', photos.slice(0, 1)))
  describe('on WebAssembly', () => explainsAlike('wasm', photos.slice(0, 1)))
})

function explainsAlike(runtime: RuntimePreference, some: readonly string[]): void {
  let classifier: Classifier
  beforeAll(async () => {
    const chooser = new RuntimeChooser()
    const path = testData('data/mobilenet-v1-0.25-tfjs/model.json')
    classifier = await loadClassifier(path, { card: {}, runtime }, (preference) => chooser.choose(preference))
  })
  afterAll(() => classifier.dispose())

  it.each(some)(
    'gives the same coefficients, choice and score of %s',
    async (photo) => {
      const meta = metaOf(photo)
      const native = await explain(photo)
      expectClose(native.values, meta.lime.coef, 1e-3)
      const [keep] = native.steps
      expect(keep).toEqual({ op: 'keep', segments: meta.lime.chosen })
      const { data: map } = renderMap(native, size)
      expect(map).toEqual(Float64Array.from(await golden(photo, 'lime_mask')))
      const mask = Float32Array.from(await golden(photo, 'mask'), (value) => (value > 0 ? 1 : 0))
      const { obalex } = obalexScore({ ...size, mask, map, variant: 'paper' })
      expectClose([obalex!], [meta.obalex.lime], 1e-6)
    },
    120_000,
  )

  it.each(some.slice(-1))(
    'gives the same probabilities for the first samples of %s',
    async (photo) => {
      const meta = metaOf(photo)
      const bytes = (await golden(photo, 'photo')) as Uint8Array
      const segmentation = quickshift.segment({ data: bytes, ...size }, defaults)
      const rows = drawPerturbations(nFirst, segmentation.nSegments, 42)
      const input = preprocess(bytes, 'tf')
      const hide = segmentHider({ ...segmentation, photo: bytes, input, preprocessing: 'tf' })
      const { nSegments } = segmentation
      const logits = await logitsInBatches(
        classifier,
        nFirst,
        (i, target) => hide(rows.subarray(i * nSegments, (i + 1) * nSegments), target),
        { signal: new AbortController().signal },
      )
      const { nClasses } = classifier.info
      const found = Float64Array.from(
        { length: nFirst },
        (_, i) => classifier.probabilities(logits.subarray(i * nClasses, (i + 1) * nClasses))[meta.label]!,
      )
      expectClose(found, (await golden(photo, 'lime_probabilities')).subarray(0, nFirst), 1e-4)
    },
    120_000,
  )

  async function explain(photo: string): Promise<SegmentsMap> {
    const bytes = (await golden(photo, 'photo')) as Uint8Array
    const native = await lime.explain({
      classifier,
      input: preprocess(bytes, 'tf'),
      photo: bytes,
      classIndex: metaOf(photo).label,
      against: null,
      variant: 'paper',
      options: lime.options.parse({}),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
    return native as SegmentsMap
  }
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length)
  let largest = 0
  for (let i = 0; i < found.length; i++) largest = Math.max(largest, Math.abs(found[i]! - expected[i]!))
  expect(largest).toBeLessThan(tolerance)
}
