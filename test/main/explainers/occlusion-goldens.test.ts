import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { occlusion } from '#main/explainers/occlusion.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { goldenExplanations, goldenValues, largestDifference } from '../../common/explanation/goldens.ts'
import { hasTestData } from '../../builders/test-data.ts'
import { describeOnRuntimes } from '../tensor/each-runtime.ts'
import { explainGolden, goldenNetworks, loadGolden } from './golden-explaining.ts'

describe.skipIf(!hasTestData)(`occlusion${hasTestData ? '' : ' (skipped: no test data)'}`, () => {
  describeOnRuntimes('as the Python reference has it', (runtime) => {
    // 169 passes of the large networks take WebAssembly minutes; that it computes as the others is tested pass by pass
    const networks = Object.entries(goldenNetworks).filter(
      ([network]) => runtime !== wasmRuntime || network === 'mobilenet025',
    )
    describe.each(networks)('of %s', (network, golden) => {
      let classifier: Classifier
      beforeAll(async () => {
        classifier = await loadGolden(golden, runtime)
      }, 300_000)
      afterAll(() => classifier.dispose())

      const photos = goldenExplanations.filter((name) => name.startsWith(`${network}/`))
      it.each(runtime === onnxRuntime ? photos : photos.slice(0, 1))('%s', { timeout: 240_000 }, async (photo) => {
        const { meta, native, map, obalex } = await explainGolden(photo, {
          classifier,
          explainer: occlusion,
          variant: 'paper',
        })
        const scores = goldenValues(`explainers/${photo}/occlusion_scores`)
        expect(largestDifference(native.values, scores)).toBeLessThan(1e-3)
        expect(largestDifference(map, goldenValues(`explainers/${photo}/occlusion_map`))).toBeLessThan(2e-3)
        expect(Math.abs(obalex - meta.obalex['occlusion']!)).toBeLessThan(2e-3)
      })
    })
  })
})
