import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ArchitectureName } from '#common/contract/procedures/models.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { obalexScore } from '#common/score/obalex.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { gradCamPlusPlus } from '#main/explainers/grad-cam-plus-plus.ts'
import { gradCam } from '#main/explainers/grad-cam.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { goldenArray, goldenExplanations, goldenValues, largestDifference } from '../../common/explanation/goldens.ts'
import { hasTestData, testData } from '../../builders/test-data.ts'
import { describeOnRuntimes } from '../tensor/each-runtime.ts'

const size = { width: 224, height: 224 }

interface Meta {
  readonly label: number
  readonly obalex: Readonly<Record<string, number>>
}

const networks: Readonly<Record<string, { readonly path: string; readonly architecture?: ArchitectureName }>> = {
  mobilenet025: { path: 'data/mobilenet-v1-0.25-tfjs/model.json' },
  resnet50: { path: 'goldens/arch/resnet50_periodic.h5', architecture: 'resnet50' },
  vgg16: { path: 'goldens/arch/vgg16_periodic.h5', architecture: 'vgg16' },
}

/** Of maps; README of the goldens: the authors' Grad-CAM++ on VGG16 divides by numbers near 0. */
const tolerance = (network: string, golden: string): number =>
  network === 'vgg16' && golden === 'gradcampp_authors' ? 0.05 : 1e-3

const methods = [
  { explainer: gradCam, golden: 'gradcam_authors', variant: 'paper' },
  { explainer: gradCam, golden: 'gradcam_textbook', variant: 'standard' },
  { explainer: gradCamPlusPlus, golden: 'gradcampp_authors', variant: 'paper' },
  { explainer: gradCamPlusPlus, golden: 'gradcampp_textbook', variant: 'standard' },
] as const

describe.skipIf(!hasTestData)(`class activation maps${hasTestData ? '' : ' (skipped: no test data)'}`, () => {
  describeOnRuntimes('as the Python reference has them', (runtime) => {
    describe.each(Object.entries(networks))('of %s', (network, { path, architecture }) => {
      let classifier: Classifier
      beforeAll(async () => {
        classifier = await load(runtime, testData(path), architecture)
      }, 300_000)
      afterAll(() => classifier.dispose())

      const photos = goldenExplanations.filter((name) => name.startsWith(`${network}/`))
      it.each(photos.flatMap((photo) => methods.map((method) => ({ photo, ...method }))))(
        '$golden of $photo',
        { timeout: 120_000 },
        async ({ photo, explainer, golden, variant }) => {
          const meta = JSON.parse(readFileSync(testData(`goldens/explainers/${photo}/meta.json`), 'utf8')) as Meta
          const bytes = goldenArray(`explainers/${photo}/photo`).data as Uint8Array
          const native = await explainer.explain({
            classifier,
            input: preprocess(bytes, classifier.info.card.preprocess),
            photo: bytes,
            classIndex: meta.label,
            against: null,
            variant,
            options: {},
            signal: new AbortController().signal,
            onProgress: () => undefined,
          })
          const map = renderMap(native, size).data
          const expected = goldenValues(`explainers/${photo}/${golden}_map`)
          expect(largestDifference(map, expected)).toBeLessThan(tolerance(network, golden))
          const mask = Float32Array.from(goldenArray(`explainers/${photo}/mask`).data, (value) => (value > 0 ? 1 : 0))
          const { obalex } = obalexScore({ ...size, mask, map, variant: 'paper' })
          expect(Math.abs(obalex! - meta.obalex[golden]!)).toBeLessThan(Math.max(2e-3, tolerance(network, golden)))
          expect(native.note).toBeUndefined()
        },
      )
    })
  })
})

/** Both prediction and gradients are the runtime's own. */
async function load(runtime: Runtime, path: string, name: ArchitectureName | undefined): Promise<Classifier> {
  await runtime.start()
  const architecture = name && { name, alpha: 1 as const, top: true }
  return loadClassifier(path, { card: {}, runtime: 'auto', architecture }, () => Promise.resolve([runtime]))
}
