import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gradCamPlusPlus } from '#main/explainers/grad-cam-plus-plus.ts'
import { gradCam } from '#main/explainers/grad-cam.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { goldenExplanations, goldenValues, largestDifference } from '../../common/explanation/goldens.ts'
import { hasTestData } from '../../builders/test-data.ts'
import { describeOnRuntimes } from '../tensor/each-runtime.ts'
import { explainGolden, goldenNetworks, loadGolden } from './golden-explaining.ts'

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
    describe.each(Object.entries(goldenNetworks))('of %s', (network, files) => {
      let classifier: Classifier
      beforeAll(async () => {
        classifier = await loadGolden(files, runtime)
      }, 300_000)
      afterAll(() => classifier.dispose())

      const photos = goldenExplanations.filter((name) => name.startsWith(`${network}/`))
      it.each(photos.flatMap((photo) => methods.map((method) => ({ photo, ...method }))))(
        '$golden of $photo',
        { timeout: 120_000 },
        async ({ photo, explainer, golden, variant }) => {
          const { meta, native, map, obalex } = await explainGolden(photo, { classifier, explainer, variant })
          const expected = goldenValues(`explainers/${photo}/${golden}_map`)
          expect(largestDifference(map, expected)).toBeLessThan(tolerance(network, golden))
          expect(Math.abs(obalex - meta.obalex[golden]!)).toBeLessThan(Math.max(2e-3, tolerance(network, golden)))
          expect(native.note).toBeUndefined()
        },
      )
    })
  })
})
