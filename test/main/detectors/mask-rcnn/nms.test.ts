import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overlaps } from '#main/detectors/mask-rcnn/boxes.ts'
import { nms } from '#main/detectors/mask-rcnn/nms.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import { goldenJson } from './goldens.ts'

function kept(boxes: readonly (readonly number[])[], scores: readonly number[], threshold = 0.5, limit = 100) {
  return [...nms(Float32Array.from(boxes.flat()), Float32Array.from(scores), { threshold, limit })]
}

const square = [0, 0, 1, 1]

describe('nms', () => {
  it('keeps the best of boxes that overlap, and what lies elsewhere', () => {
    expect(kept([square, square, [2, 2, 3, 3]], [0.5, 0.9, 0.1])).toEqual([1, 2])
  })

  it('keeps the lower place of equal scores', () => {
    expect(kept([square, square, square], [0.5, 0.5, 0.5])).toEqual([0])
  })

  it('drops only what is above the threshold', () => {
    expect(kept([square, [0, 0, 1, 0.5]], [0.9, 0.8], 0.5)).toEqual([0, 1])
    expect(kept([square, [0, 0, 1, 0.7]], [0.9, 0.8], 0.7)).toEqual([0, 1])
    expect(kept([square, [0, 0, 1, 0.501]], [0.9, 0.8], 0.5)).toEqual([0])
  })

  it('computes in float32, where a half may come out above .5', () => {
    expect(
      kept(
        [
          [0, 0, 2 / 3, 1],
          [0, 0, 1 / 3, 1],
        ],
        [0.9, 0.8],
        0.5,
      ),
    ).toEqual([0])
  })

  it('keeps every box without area', () => {
    expect(kept([[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], square], [0.9, 0.8, 0.7])).toEqual([0, 1, 2])
  })

  it('takes corners in any order', () => {
    expect(kept([square, [1, 1, 0, 0], [1, 0, 0, 1]], [0.9, 0.8, 0.7])).toEqual([0])
  })

  it('stops at the wanted count', () => {
    const apart = Array.from({ length: 9 }, (_, i) => [i, 0, i + 1, 1])
    const scores = apart.map((_, i) => 1 - i / 10)
    expect(kept(apart, scores, 0.5, 4)).toEqual([0, 1, 2, 3])
    expect(kept(apart, scores, 0.5, 0)).toEqual([])
  })

  it('leaves out scores and boxes that are not finite', () => {
    expect(kept([square, square, [2, NaN, 3, 3], [4, 4, Infinity, 5]], [NaN, 0.1, 0.9, 0.8])).toEqual([1])
    expect(kept([], [])).toEqual([])
  })

  it('equals the obvious way on any boxes', () => {
    // sixteenths, so that areas are exact and only the division rounds
    const unit = fc.integer({ min: 0, max: 16 }).map((value) => value / 16)
    const box = fc.tuple(unit, unit, unit, unit)
    const scored = fc.array(fc.tuple(box, fc.integer({ min: 0, max: 5 })), { maxLength: 40 })
    fc.assert(
      fc.property(scored, fc.constantFrom(0.1, 0.3, 0.5, 0.7, 1), fc.integer({ min: 1, max: 20 }), (list, t, limit) => {
        const boxes = list.map(([[a, b, c, d]]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)])
        const scores = list.map(([, score]) => score)
        expect(kept(boxes, scores, t, limit)).toEqual(naiveNms(boxes, scores, t, limit))
      }),
      { numRuns: 300 },
    )
  })
})

function naiveNms(boxes: number[][], scores: number[], threshold: number, limit: number): number[] {
  const chosen: number[] = []
  for (const i of [...boxes.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b)) {
    const iou = (j: number) => overlaps(Float32Array.from(boxes[i]!), Float32Array.from(boxes[j]!))[0]!
    if (chosen.length < limit && chosen.every((j) => iou(j) <= Math.fround(threshold))) chosen.push(i)
  }
  return chosen
}

interface NmsCase {
  readonly iou_threshold: number
  readonly max_output_size: number
  readonly boxes: number[][]
  readonly scores: number[]
  readonly keep: number[]
}

describeWithData('nms as TensorFlow does it', () => {
  it('keeps the same boxes', () => {
    for (const { boxes, scores, iou_threshold: threshold, max_output_size: limit, keep } of goldenJson(
      'stages/nms',
    ) as NmsCase[]) {
      expect(kept(boxes, scores, threshold, limit)).toEqual(keep)
    }
  })
})
