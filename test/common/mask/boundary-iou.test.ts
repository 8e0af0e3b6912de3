import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { boundaryIou, boundaryWidth } from '#common/mask/boundary-iou.ts'
import { iou, countOverlap } from '#common/mask/overlap.ts'
import { encodeRle } from '#common/mask/rle.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { naiveArea, naiveErode, pixelwise } from './oracles.ts'
import { blobMask, drawnMask, rleFromCoco, twoMasks, type CocoRle } from './sample-masks.ts'

describe('boundaryWidth', () => {
  it.each([
    [500, 375, 12], // 12.5
    [375, 500, 12],
    [300, 225, 8], // 7.5
    [160, 120, 4],
    [640, 480, 16],
    [4000, 3000, 100],
    [10, 10, 1], // 0.28
    [1, 1, 1],
  ])('of %d × %d pixels is %d', (width, height, expected) => {
    expect(boundaryWidth(width, height, 0.02)).toBe(expected)
  })
})

describe('boundaryIou', () => {
  it('equals the definition: the IoU of mask minus eroded mask', () => {
    fc.assert(
      fc.property(twoMasks, fc.constantFrom(0.02, 0.05, 0.1), ([a, b], ratio) => {
        const times = boundaryWidth(a.width, a.height, ratio)
        const [bandOfA, bandOfB] = [a, b].map((mask) => pixelwise(mask, naiveErode(mask, times), (p, q) => p & ~q & 1))
        const either = naiveArea(pixelwise(bandOfA!, bandOfB!, (p, q) => p | q))
        const both = naiveArea(pixelwise(bandOfA!, bandOfB!, (p, q) => p & q))
        expect(boundaryIou(a, b, ratio)).toBe(either === 0 ? null : both / either)
        expect(boundaryIou(b, encodeRle(a), ratio)).toBe(boundaryIou(a, b, ratio))
      }),
    )
  })

  it('sees a shift of the outline that IoU hides', () => {
    const [mask, shifted] = [blobMask(320, 240), blobMask(320, 240, 0.01)]
    expect(iou(countOverlap(mask, shifted))!).toBeGreaterThan(0.9)
    expect(boundaryIou(mask, shifted)!).toBeLessThan(0.75)
    expect(boundaryIou(mask, mask)).toBe(1)
  })

  it('is undefined where both masks are empty, and 0 where one is', () => {
    const [empty, dot] = [drawnMask('...', '...'), drawnMask('.#.', '...')]
    expect(boundaryIou(empty, empty)).toBeNull()
    expect(boundaryIou(empty, dot)).toBe(0)
  })

  it('refuses masks of different images', () => {
    expect(() => boundaryIou(drawnMask('##'), drawnMask('#', '#'))).toThrow(
      expect.objectContaining({ code: 'shape.mismatch' }),
    )
  })
})

describeWithData('Boundary IoU goldens', () => {
  interface Golden {
    readonly pairs: readonly {
      readonly name: string
      readonly d: number
      readonly gt: CocoRle
      readonly dt: CocoRle
      readonly boundary_iou: number
      readonly mask_iou: number
    }[]
  }

  it('has the same values', () => {
    const path = testData('goldens/mask-rcnn/rle/boundary_iou.json')
    const { pairs } = JSON.parse(readFileSync(path, 'utf8')) as Golden
    expect(pairs).toHaveLength(9)
    for (const pair of pairs) {
      const [truth, detection] = [rleFromCoco(pair.gt), rleFromCoco(pair.dt)]
      expect(boundaryWidth(truth.width, truth.height, 0.02), pair.name).toBe(pair.d)
      expect(boundaryIou(truth, detection), pair.name).toBe(pair.boundary_iou)
      expect(iou(countOverlap(truth, detection)), pair.name).toBe(pair.mask_iou)
    }
  })
})
