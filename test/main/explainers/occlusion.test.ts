import { describe, expect, it } from 'vitest'
import { renderMap } from '#common/explanation/render-map.ts'
import type { ExplainRequest } from '#main/explainers/explainer.ts'
import { occlusion } from '#main/explainers/occlusion.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { nodeIndex } from '#main/tensor/graph.ts'
import { runNaively } from '../tensor/naive-graph.ts'
import { naiveClassifier } from './small-classifier.ts'

const side = 8
const classifier = naiveClassifier(selfTestGraph, 'depthwise')
const logitNode = nodeIndex(selfTestGraph, 'dense')

type Request = ExplainRequest<ReturnType<typeof occlusion.options.parse>>

function request(options: Record<string, unknown>, more: Partial<Request> = {}): Request {
  return {
    classifier,
    input: selfTestInput,
    photo: new Uint8Array(selfTestInput.length),
    classIndex: 1,
    against: null,
    variant: 'standard',
    options: occlusion.options.parse(options),
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  }
}

/** Hides a patch, computes the network by nested loops, patch after patch. */
function naiveLogits(fill: (y: number, x: number, c: number) => number, patch: number, stride: number): number[] {
  const logits: number[] = []
  for (let top = 0; top + patch <= side; top += stride) {
    for (let left = 0; left + patch <= side; left += stride) {
      const hidden = Float64Array.from(selfTestInput)
      for (let y = top; y < top + patch; y++)
        for (let x = left; x < left + patch; x++)
          for (let c = 0; c < 3; c++) hidden[(y * side + x) * 3 + c] = fill(y, x, c)
      logits.push(runNaively(selfTestGraph, hidden)[logitNode]![1]!)
    }
  }
  return logits
}

const clean = runNaively(selfTestGraph, Float64Array.from(selfTestInput))[logitNode]![1]!

describe('occlusion', () => {
  it.each([
    { patch: 4, stride: 2 },
    { patch: 3, stride: 1 },
    { patch: 8, stride: 5 },
  ])(
    'standard: the drop of the logit for patch $patch and stride $stride, as nested loops give it',
    async (options) => {
      const native = await occlusion.explain(request(options))
      const expected = naiveLogits(() => 0, options.patch, options.stride).map((logit) => clean - logit)
      expect(native.values.length).toBe(expected.length)
      expected.forEach((drop, i) => expect(native.values[i]).toBeCloseTo(drop, 5))
    },
  )

  it('standard: the map holds the positive drops at the centres of their patches, the largest as 1', async () => {
    const native = await occlusion.explain(request({ patch: 4, stride: 4 }))
    const { data } = renderMap(native, { width: side, height: side })
    const drops = naiveLogits(() => 0, 4, 4).map((logit) => Math.max(clean - logit, 0))
    const largest = Math.max(...drops)
    // a patch's centre lies between four pixels, 1.5 from its corner: between two centres the map is linear
    const at = (y: number, x: number): number => data[y * side + x]! * largest
    const along = (a: number, b: number, t: number): number => a + (b - a) * Math.min(Math.max(t, 0), 1)
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [ty, tx] = [(y - 1.5) / 4, (x - 1.5) / 4]
        const expected = along(along(drops[0]!, drops[1]!, tx), along(drops[2]!, drops[3]!, tx), ty)
        expect(at(y, x)).toBeCloseTo(expected, 5)
      }
    }
  })

  it('paper: keeps the scores themselves, without the clean photo', async () => {
    const native = await occlusion.explain(request({ patch: 4, stride: 2 }, { variant: 'paper' }))
    naiveLogits(() => 0, 4, 2).forEach((logit, i) => expect(native.values[i]).toBeCloseTo(logit, 5))
    expect(native.steps).toEqual([{ op: 'zoom-cubic' }, { op: 'invert-minmax' }])
  })

  it('fills patches with a value or with the mean colour', async () => {
    const mean = [0, 1, 2].map(
      (c) => selfTestInput.filter((_, i) => i % 3 === c).reduce((a, b) => a + b) / (side * side),
    )
    const byValue = await occlusion.explain(request({ patch: 4, stride: 2, fill: '0.125' }))
    const byMean = await occlusion.explain(request({ patch: 4, stride: 2, fill: 'mean' }))
    naiveLogits(() => 0.125, 4, 2).forEach((logit, i) => expect(byValue.values[i]).toBeCloseTo(clean - logit, 5))
    naiveLogits((_, __, c) => mean[c]!, 4, 2).forEach((l, i) => expect(byMean.values[i]).toBeCloseTo(clean - l, 5))
  })

  it('fills patches with the blurred photo, which leaves an even photo as it is', async () => {
    const even = new Float32Array(selfTestInput.length).fill(0.25)
    const native = await occlusion.explain(request({ patch: 4, stride: 2, fill: 'blur' }, { input: even }))
    native.values.forEach((drop) => expect(Math.abs(drop)).toBeLessThan(1e-6))
  })

  it('says that a map is flat where every patch gives the same score', async () => {
    const black = new Float32Array(selfTestInput.length)
    for (const variant of ['paper', 'standard'] as const) {
      const native = await occlusion.explain(request({ patch: 4, stride: 2 }, { input: black, variant }))
      expect(native.note).toBe('flat')
      expect(Math.max(...renderMap(native, { width: side, height: side }).data)).toBe(0)
    }
  })

  it('refuses a patch that does not fit, and stops when it is cancelled', async () => {
    await expect(occlusion.explain(request({ patch: 9 }))).rejects.toMatchObject({ code: 'explainer.options' })
    const controller = new AbortController()
    const stopped = occlusion.explain(
      request({ patch: 1, stride: 1 }, { signal: controller.signal, onProgress: () => controller.abort() }),
    )
    await expect(stopped).rejects.toThrow(/abort/)
  })

  it('reports its progress up to 1', async () => {
    const shares: number[] = []
    await occlusion.explain(request({ patch: 4, stride: 2 }, { onProgress: (share) => shares.push(share) }))
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
  })
})
