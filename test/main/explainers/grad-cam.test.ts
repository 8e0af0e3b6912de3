import { describe, expect, it } from 'vitest'
import { encodeNative, type NativeMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import type { Variant } from '#main/explainers/explainer.ts'
import { gradCam } from '#main/explainers/grad-cam.ts'
import { explainerById, explainers } from '#main/explainers/registry.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { naiveClassifier } from './small-classifier.ts'

const classifier = naiveClassifier(selfTestGraph, 'depthwise')

describe('Grad-CAM', () => {
  it('standard: ReLU of the maps weighted by the mean gradient of the logit, before bilinear upsampling', async () => {
    const native = await gradCam.explain({
      classifier,
      input: selfTestInput,
      photo: new Uint8Array(selfTestInput.length),
      classIndex: 1,
      against: null,
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

describe('a model that Grad-CAM and Grad-CAM++ can say little about', () => {
  const methods = ['gradcam', 'gradcam++'] as const

  async function explain(method: (typeof methods)[number], variant: Variant, from: Classifier): Promise<NativeMap> {
    const explainer = explainerById(method)
    return explainer.explain({
      classifier: from,
      input: selfTestInput,
      photo: new Uint8Array(selfTestInput.length),
      classIndex: 0,
      against: null,
      variant,
      options: {},
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
  }

  /** Gives this value for the gradient everywhere. */
  const withGradient = (value: number): Classifier => ({
    ...classifier,
    layerGradients: async (...request) => {
      const found = await classifier.layerGradients(...request)
      return { ...found, gradient: found.gradient.map(() => value) }
    },
  })

  it.each(methods)('%s: a gradient of 0, as behind the softmax of a single class, is noted', async (method) => {
    for (const variant of ['paper', 'standard'] as const) {
      const native = await explain(method, variant, withGradient(0))
      expect(native.note).toBe('saturated')
      expect(renderMap(native, { width: 8, height: 8 }).data.every(Number.isFinite)).toBe(true)
    }
  })

  it.each(methods)('%s: a gradient that is no number fails in one line', async (method) => {
    for (const variant of ['paper', 'standard'] as const) {
      const native = await explain(method, variant, withGradient(NaN))
      const notFinite = expect.objectContaining({ code: 'map.not-finite' }) as Error
      expect(() => encodeNative(native)).toThrow(notFinite)
    }
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
