import { describe, expect, it } from 'vitest'
import type { SegmentsMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import type { ExplainRequest } from '#main/explainers/explainer.ts'
import { lime } from '#main/explainers/lime/index.ts'
import type { Classifier } from '#main/tensor/classifier.ts'

const side = 8
const size = { width: side, height: side }
type Request = ExplainRequest<ReturnType<typeof lime.options.parse>>

/** Two classes: class 0 gets `score` of the image as its probability, class 1 the rest. */
function classifierOf(score: (image: Float32Array) => number): Classifier {
  return {
    info: {
      card: {
        name: 'small',
        width: side,
        height: side,
        preprocess: 'unit',
        labels: null,
        layer: null,
        resize: 'nearest',
        fit: 'stretch',
      },
      sha256: '0'.repeat(64),
      nClasses: 2,
      predictionRuntime: 'wasm',
      gradientRuntime: 'wasm',
      notes: [],
    },
    batchSize: 7,
    bytes: 0,
    logits: (inputs, n) => {
      const length = inputs.length / n
      const scores = Array.from({ length: n }, (_, i) => score(inputs.subarray(i * length, (i + 1) * length)))
      return Promise.resolve(Float32Array.from(scores.flatMap((value) => [value, 1 - value])))
    },
    cleanLogits(input) {
      return this.logits(input, 1)
    },
    probabilities: (values) => Float64Array.from(values),
    layerGradients: () => Promise.reject(new Error('has no layers')),
    dispose: () => Promise.resolve(),
  }
}

/** Sixteen squares of 2×2 pixels, each with its own grey, black and white in turn within it so that hiding changes it. */
const photo = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
  const pixel = Math.floor(i / 3)
  return (pixel + Math.floor(pixel / side)) % 2 === 0 ? 0 : 200
})

/** Red of the pixel at the upper left of a 2×2 square, 0 where the photo shows and 100/255 where it is hidden. */
function isHidden(image: Float32Array, square: number): boolean {
  const [row, col] = [Math.floor(square / 4) * 2, (square % 4) * 2]
  return image[(row * side + col) * 3]! > 0.1
}

async function explain(
  score: (image: Float32Array) => number,
  options: Record<string, unknown> = {},
  more: Partial<Request> = {},
): Promise<SegmentsMap> {
  const native = await lime.explain({
    classifier: classifierOf(score),
    input: Float32Array.from(photo, (byte) => byte / 255),
    photo,
    classIndex: 0,
    against: null,
    variant: 'standard',
    options: lime.options.parse({ segmenter: 'grid', cell: 2, ...options }),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  })
  return native as SegmentsMap
}

/** Squares 5 and 10 speak for class 0, square 3 against it. */
const evidence = (image: Float32Array): number =>
  0.3 + (isHidden(image, 5) ? 0 : 0.4) + (isHidden(image, 10) ? 0 : 0.2) - (isHidden(image, 3) ? 0 : 0.1)

describe('LIME', () => {
  it('finds the segments that the class depends on, and how much', async () => {
    const { values, steps } = await explain(evidence)
    expect(values[5]).toBeCloseTo(0.4, 1)
    expect(values[10]).toBeCloseTo(0.2, 1)
    expect(values[3]).toBeCloseTo(-0.1, 1)
    expect(steps[0]).toMatchObject({ op: 'keep' })
    const [keep] = steps
    expect(keep?.op === 'keep' && keep.segments.slice(0, 2)).toEqual([5, 10])
  })

  it('standard: shows the chosen segments by weight; paper: all alike', async () => {
    const standard = await explain(evidence, { features: 2 })
    const paper = await explain(evidence, { features: 2 }, { variant: 'paper' })
    const [weighed, even] = [standard, paper].map((native) => renderMap(native, size).data)
    const at = (map: Float64Array | undefined, square: number): number =>
      map![Math.floor(square / 4) * 2 * side + (square % 4) * 2]!
    expect(at(weighed, 5)).toBe(1)
    expect(at(weighed, 10)).toBeCloseTo(standard.values[10]! / standard.values[5]!, 12)
    expect([at(even, 5), at(even, 10), at(even, 3), at(even, 0)]).toEqual([1, 1, 0, 0])
    expect(even!.filter((value) => value !== 0).length).toBe(8)
    expect(weighed!.filter((value) => value !== 0).length).toBe(8)
  })

  it('explains a class against another by the difference of their probabilities', async () => {
    const alone = await explain(evidence)
    const against = await explain(evidence, {}, { against: 1 })
    alone.values.forEach((value, i) => expect(against.values[i]).toBeCloseTo(2 * value, 5))
  })

  it('gives the same for the same seed, and other samples for another', async () => {
    const noisy = (image: Float32Array): number =>
      evidence(image) + 0.05 * Math.sin(100 * image.reduce((a, b) => a + b))
    const first = await explain(noisy, { samples: 50 })
    expect(await explain(noisy, { samples: 50 })).toEqual(first)
    expect((await explain(noisy, { samples: 50, seed: 43 })).values).not.toEqual(first.values)
  })

  it.each(['quickshift', 'slic', 'grid'])('takes its segments from %s', async (segmenter) => {
    const native = await explain(evidence, { segmenter, segments: 4, samples: 20 })
    expect(native.labels.length).toBe(side * side)
    expect(Math.max(...native.labels)).toBe(native.values.length - 1)
  })

  it('says that there is one segment where the photo cannot be divided, without asking the classifier', async () => {
    const asked = (): number => {
      throw new Error('asked')
    }
    const shares: number[] = []
    const grey = { photo: new Uint8Array(photo.length).fill(90), input: new Float32Array(photo.length).fill(90 / 255) }
    const even = await explain(asked, { segmenter: 'grid', cell: 8 }, { ...grey, onProgress: (s) => shares.push(s) })
    expect(even.note).toBe('one-segment')
    expect(renderMap(even, size).data).toEqual(new Float64Array(side * side))
    expect(shares).toEqual([1])
  })

  it('says that nothing is found where no segment changes the class, or none speaks for it', async () => {
    const flat = await explain(() => 0.7)
    expect(flat.note).toBe('flat')
    expect(flat.values).toEqual(new Float64Array(16))
    const contrary = await explain(
      (image) => Array.from({ length: 16 }, (_, i) => isHidden(image, i)).filter(Boolean).length / 16,
    )
    expect(contrary.note).toBe('no-positive-evidence')
    expect(renderMap(contrary, size).data).toEqual(new Float64Array(side * side))
  })

  it('works with one sample, which is the photo itself', async () => {
    expect((await explain(evidence, { samples: 1 })).note).toBe('flat')
  })

  it.each([{ samples: 0 }, { samples: 1.5 }, { features: 0 }, { seed: -1 }, { segmenter: 'guess' }, { cell: 0 }])(
    'refuses %j',
    (wrong) => {
      expect(lime.options.safeParse(wrong).success).toBe(false)
    },
  )

  it('refuses too many segments before it asks the classifier', async () => {
    const { info } = classifierOf(evidence)
    const large = { ...classifierOf(evidence), info: { ...info, card: { ...info.card, width: 64, height: 64 } } }
    const bytes = { photo: new Uint8Array(64 * 64 * 3), input: new Float32Array(64 * 64 * 3) }
    const refused = explain(evidence, { cell: 1 }, { ...bytes, classifier: large })
    await expect(refused).rejects.toMatchObject({ code: 'explainer.options' })
  })

  it('says at which sample the classifier gave no number', async () => {
    await expect(explain((image) => (isHidden(image, 0) ? NaN : 0.5))).rejects.toMatchObject({ code: 'map.not-finite' })
  })

  it('stops when it is cancelled, and reports its progress up to 1', async () => {
    const controller = new AbortController()
    const stopped = explain(evidence, {}, { signal: controller.signal, onProgress: () => controller.abort() })
    await expect(stopped).rejects.toThrow(/abort/)
    const shares: number[] = []
    await explain(evidence, { samples: 20 }, { onProgress: (share) => shares.push(share) })
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
  })
})
