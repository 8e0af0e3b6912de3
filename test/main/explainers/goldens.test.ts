import { readFileSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { renderMap } from '#common/explanation/render-map.ts'
import { obalexScore } from '#common/score/obalex.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import type { Variant } from '#main/explainers/explainer.ts'
import { explainerById } from '#main/explainers/registry.ts'
import { readNpy } from '#main/files/npy.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { describeWithData, hasTestData, testData } from '../../builders/test-data.ts'

const folder = 'goldens/explainers/mobilenet025'
const photos = hasTestData ? readdirSync(testData(folder)) : []
const size = { width: 224, height: 224 }

interface Meta {
  readonly label: number
  readonly logit: number
  readonly probability: number
  readonly obalex: Readonly<Record<string, number>>
}

describeWithData('MobileNet 0.25 explained as the Python reference does', () => {
  let classifier: Classifier
  beforeAll(async () => {
    const chooser = new RuntimeChooser()
    const path = testData('data/mobilenet-v1-0.25-tfjs/model.json')
    classifier = await loadClassifier(path, { card: {}, runtime: 'auto' }, (p) => chooser.choose(p))
  })
  afterAll(() => classifier.dispose())

  const golden = async (photo: string, name: string): Promise<Float32Array> =>
    (await readNpy(testData(`${folder}/${photo}/${name}.npy`))).data as Float32Array

  async function explain(photo: string, method: string, variant: Variant) {
    const meta = JSON.parse(readFileSync(testData(`${folder}/${photo}/meta.json`), 'utf8')) as Meta
    const bytes = (await readNpy(testData(`${folder}/${photo}/photo.npy`))).data as Uint8Array
    const explainer = explainerById(method)
    const native = await explainer.explain({
      classifier,
      input: preprocess(bytes, 'tf'),
      photo: bytes,
      classIndex: meta.label,
      against: null,
      variant,
      options: explainer.options.parse({}),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
    return { meta, native, map: renderMap(native, size).data }
  }

  async function scoreOf(photo: string, map: Float64Array): Promise<number> {
    const mask = await golden(photo, 'mask')
    const score = obalexScore({ ...size, mask: mask.map((v) => (v > 0 ? 1 : 0)), map, variant: 'paper' })
    return score.obalex!
  }

  it.each(photos)('occlusion, variant paper, of %s', async (photo) => {
    const { meta, native, map } = await explain(photo, 'occlusion', 'paper')
    expectClose(native.values, await golden(photo, 'occlusion_scores'), 1e-3)
    expectClose(map, await golden(photo, 'occlusion_map'), 2e-3)
    expect(Math.abs((await scoreOf(photo, map)) - meta.obalex['occlusion']!)).toBeLessThan(2e-3)
  })
})

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length)
  let largest = 0
  for (let i = 0; i < found.length; i++) largest = Math.max(largest, Math.abs(found[i]! - expected[i]!))
  expect(largest).toBeLessThan(tolerance)
}
