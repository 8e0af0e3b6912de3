import { describe, expect, it } from 'vitest'
import { decodeNative, encodeNative, type GridMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { resizeBilinear } from '#common/explanation/bilinear.ts'
import type { ExplainRequest } from '#main/explainers/explainer.ts'
import { drawMasks } from '#main/explainers/rise-masks.ts'
import { rise } from '#main/explainers/rise.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { selfTestGraph } from '#main/tensor/self-test.ts'
import { naiveClassifier } from './small-classifier.ts'

type Request = ExplainRequest<ReturnType<typeof rise.options.parse>>

const small = naiveClassifier(selfTestGraph, 'depthwise')

/** Sees a class 0 by how bright a square of the photo is; all logits, and the input's height and width, are the test's. */
function brightnessClassifier(side: number, square: { top: number; left: number; size: number }): Classifier {
  const logits = (inputs: Float32Array, n: number): Promise<Float32Array> => {
    const found = new Float32Array(n * 2)
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let y = square.top; y < square.top + square.size; y++)
        for (let x = square.left; x < square.left + square.size; x++) sum += inputs[((i * side + y) * side + x) * 3]!
      found[2 * i] = (6 * sum) / square.size ** 2 - 3
    }
    return Promise.resolve(found)
  }
  const probabilities = (values: ArrayLike<number>): Float64Array => {
    const p = 1 / (1 + Math.exp(values[1]! - values[0]!))
    return Float64Array.of(p, 1 - p)
  }
  const card = { ...small.info.card, width: side, height: side }
  return { ...small, info: { ...small.info, card, nClasses: 2 }, batchSize: 16, logits, probabilities }
}

const side = 36
const square = { top: 20, left: 6, size: 8 }
const white = new Float32Array(side * side * 3).fill(1)

function request(options: Record<string, unknown>, more: Partial<Request> = {}): Request {
  return {
    classifier: brightnessClassifier(side, square),
    input: white,
    photo: new Uint8Array(white.length).fill(255),
    classIndex: 0,
    against: null,
    variant: 'standard',
    options: rise.options.parse(options),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  }
}

const explain = async (options: Record<string, unknown>, more: Partial<Request> = {}): Promise<GridMap> =>
  (await rise.explain(request(options, more))) as GridMap

const render = (native: GridMap): Float64Array => renderMap(native, { width: side, height: side }).data

/** Σ score · mask, each mask enlarged and cut out as the method's paper says, and the photo multiplied by it. */
async function naiveRise(samples: number, cells: number): Promise<Float64Array> {
  const { classifier } = request({})
  const masks = drawMasks({ width: side, height: side, cells, samples, keep: 0.5, seed: 42 })
  const cell = Math.ceil(side / cells)
  const sum = new Float64Array(side * side)
  for (let i = 0; i < samples; i++) {
    const grid = { width: cells, height: cells, data: Float64Array.from(masks.grid(i)) }
    const large = resizeBilinear(grid, (cells + 1) * cell, (cells + 1) * cell)
    const [down, right] = [masks.shifts[2 * i]!, masks.shifts[2 * i + 1]!]
    const mask = sum.map((_, at) => large.data[(Math.floor(at / side) + down) * large.width + (at % side) + right]!)
    const logits = await classifier.logits(
      white.map((value, at) => value * mask[Math.floor(at / 3)]!),
      1,
    )
    const [score] = classifier.probabilities(logits)
    mask.forEach((share, at) => (sum[at]! += (share * score!) / (samples * 0.5)))
  }
  return sum
}

describe('RISE', () => {
  it('is the mean of the method’s paper to the last pixel where the photo is small', async () => {
    const naive = await naiveRise(60, 5)
    const native = await explain({ samples: 60, cells: 5 })
    expect([native.rows, native.cols]).toEqual([side, side])
    native.values.forEach((value, i) => expect(value).toBeCloseTo(naive[i]!, 10))
    const [min, max] = [Math.min(...naive), Math.max(...naive)]
    render(native).forEach((value, i) => expect(value).toBeCloseTo((naive[i]! - min) / (max - min), 8))
  })

  it('is kept with eight numbers to a cell of the masks, and nearly the same', async () => {
    const naive = await naiveRise(400, 2)
    const native = await explain({ samples: 400, cells: 2 })
    expect([native.rows, native.cols]).toEqual([16, 16])
    const [min, max] = [Math.min(...naive), Math.max(...naive)]
    const differences = render(native).map((value, i) => Math.abs(value - (naive[i]! - min) / (max - min)))
    expect(Math.max(...differences)).toBeLessThan(0.05)
  })

  it('finds the square that the score depends on', async () => {
    const map = render(await explain({ samples: 600 }))
    const brightest = map.indexOf(Math.max(...map))
    const [y, x] = [Math.floor(brightest / side), brightest % side]
    expect(Math.hypot(y - square.top - 3.5, x - square.left - 3.5)).toBeLessThan(5)
    expect(Math.min(...map)).toBe(0)
    expect(Math.max(...map)).toBe(1)
  })

  it('is the same for the same seed and another for another one', async () => {
    const [first, again, other] = await Promise.all([
      explain({ samples: 40 }),
      explain({ samples: 40 }),
      explain({ samples: 40, seed: 43 }),
    ])
    expect(again.values).toEqual(first.values)
    expect(other.values).not.toEqual(first.values)
  })

  it('draws masks of which the wanted share is kept', () => {
    const masks = drawMasks({ width: 224, height: 224, cells: 7, samples: 2000, keep: 0.3, seed: 1 })
    let kept = 0
    for (let i = 0; i < 2000; i++) kept += masks.grid(i).reduce((sum, bit) => sum + bit, 0)
    expect(kept / (2000 * 49)).toBeCloseTo(0.3, 2)
    expect(Math.max(...masks.shifts)).toBe(31)
    expect(Math.min(...masks.shifts)).toBe(0)
  })

  it('says that a map is flat where every mask gives the same score', async () => {
    const native = await explain({ samples: 20 }, { input: new Float32Array(white.length) })
    expect(native.note).toBe('flat')
    expect(Math.max(...render(native))).toBe(0)
  })

  it('explains the difference of two classes', async () => {
    const one = await explain({ samples: 50 })
    const other = await explain({ samples: 50 }, { classIndex: 1 })
    const difference = await explain({ samples: 50 }, { against: 1 })
    difference.values.forEach((value, i) => expect(value).toBeCloseTo(one.values[i]! - other.values[i]!, 12))
  })

  it('fits into 100 kB for a photo of 224 pixels', async () => {
    const large = 224
    const classifier = brightnessClassifier(large, { top: 0, left: 0, size: 9 })
    const input = new Float32Array(large * large * 3).fill(1)
    const encoded = encodeNative(await explain({ samples: 3 }, { classifier, input }))
    expect(encoded.values.length).toBeLessThan(100_000)
    expect(decodeNative(encoded).kind).toBe('grid')
  })

  it('fails in one line where the model gives no number', async () => {
    const classifier: Classifier = {
      ...request({}).classifier,
      logits: (_, n) => Promise.resolve(new Float32Array(2 * n).fill(NaN)),
    }
    const broken = async (): Promise<unknown> => encodeNative(await explain({ samples: 5 }, { classifier }))
    await expect(broken()).rejects.toMatchObject({ code: expect.stringMatching(/not-finite/) as string })
  })

  it('reports its progress and stops when it is cancelled', async () => {
    const shares: number[] = []
    await explain({ samples: 40 }, { onProgress: (share) => shares.push(share) })
    expect(shares.at(-1)).toBe(1)
    const controller = new AbortController()
    const stopped = explain({ samples: 40 }, { signal: controller.signal, onProgress: () => controller.abort() })
    await expect(stopped).rejects.toThrow(/abort/)
  })

  it.each([{ samples: 0 }, { keep: 0 }, { keep: 1 }, { cells: 0 }, { seed: -1 }])('refuses %o', (options) => {
    expect(rise.options.safeParse(options).success).toBe(false)
  })
})
