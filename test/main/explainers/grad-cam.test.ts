import { describe, expect, it } from 'vitest'
import { renderMap } from '#common/explanation/render-map.ts'
import { gradCam } from '#main/explainers/grad-cam.ts'
import { explainerById, explainers } from '#main/explainers/registry.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { naiveClassifier } from './small-classifier.ts'

const classifier = naiveClassifier(selfTestGraph, 'depthwise')

describe('Grad-CAM', () => {
  it('standard: ReLU of the maps weighted by the mean gradient of the logit, before bilinear upsampling', async () => {
    const native = await gradCam.explain({
      classifier,
      input: selfTestInput,
      classIndex: 1,
      variant: 'standard',
      options: {},
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
    const { activation, gradient, channels } = await classifier.layerGradients(selfTestInput, [1], 'logit')
    const nCells = activation.length / channels
    for (let cell = 0; cell < nCells; cell++) {
      let expected = 0
      for (let c = 0; c < channels; c++) {
        let weight = 0
        for (let i = 0; i < nCells; i++) weight += gradient[i * channels + c]! / nCells
        expected += weight * activation[cell * channels + c]!
      }
      expect(native.values[cell]).toBeCloseTo(expected, 6)
    }
    expect(native.steps.map(({ op }) => op)).toEqual(['relu', 'bilinear', 'divide-by-max'])
    const { data } = renderMap(native, { width: 8, height: 8 })
    expect(Math.min(...data)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...data)).toBe(1)
  })
})

describe('the registry of explainers', () => {
  it('describes every option, and gives every option a default', () => {
    for (const { id, label, description, options } of explainers) {
      expect([id, label, description].every((text) => text.length > 0)).toBe(true)
      expect(options.safeParse({}).success).toBe(true)
      for (const option of Object.values(options.shape)) {
        expect((option as { description?: string }).description, id).toBeTruthy()
      }
    }
  })

  it('names the methods there are where one is unknown', () => {
    expect(() => explainerById('tea-leaves')).toThrow(expect.objectContaining({ code: 'explainer.unknown' }) as Error)
  })
})
