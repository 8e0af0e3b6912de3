import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { added, cocoBoxIou, cocoMaskIou, countOverlap, dice, iou, removed } from '#common/mask/overlap.ts'
import { emptyRle, encodeRle, type Box } from '#common/mask/rle.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { naiveArea, pixelwise } from './oracles.ts'
import { drawnMask, rleFromCoco, twoMasks, type CocoRle } from './sample-masks.ts'

describe('overlap of two masks', () => {
  it('counts both areas, what is common, what came and what went', () => {
    const overlap = countOverlap(drawnMask('##..', '##..'), drawnMask('.###', '....'))
    expect(overlap).toEqual({ first: 4, second: 3, both: 1 })
    expect(added(overlap)).toBe(2)
    expect(removed(overlap)).toBe(3)
    expect(iou(overlap)).toBe(1 / 6)
    expect(dice(overlap)).toBe(2 / 7)
  })

  it('equals counting pixel by pixel, on bitmaps and on runs', () => {
    fc.assert(
      fc.property(twoMasks, ([a, b]) => {
        const both = naiveArea(pixelwise(a, b, (p, q) => p & q))
        const expected = { first: naiveArea(a), second: naiveArea(b), both }
        expect(countOverlap(a, b)).toEqual(expected)
        expect(countOverlap(encodeRle(a), encodeRle(b))).toEqual(expected)
        expect(countOverlap(a, encodeRle(b))).toEqual(expected)
      }),
    )
  })

  it('has a symmetric IoU that is at most Dice', () => {
    fc.assert(
      fc.property(twoMasks, ([a, b]) => {
        const [there, back] = [countOverlap(a, b), countOverlap(b, a)]
        expect(iou(back)).toBe(iou(there))
        expect(added(back)).toBe(removed(there))
        if (there.first + there.second === 0) return
        expect(iou(there)!).toBeLessThanOrEqual(dice(there)!)
        expect(dice(there)!).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('has no IoU and no Dice where both masks are empty', () => {
    const empty = drawnMask('...', '...')
    const overlap = countOverlap(empty, empty)
    expect(iou(overlap)).toBeNull()
    expect(dice(overlap)).toBeNull()
    expect(iou(countOverlap(empty, drawnMask('#..', '...')))).toBe(0)
  })

  it('refuses masks of different images', () => {
    const mismatch = expect.objectContaining({ code: 'shape.mismatch' }) as unknown as Error
    expect(() => countOverlap(drawnMask('##'), drawnMask('#', '#'))).toThrow(mismatch)
    expect(() => countOverlap(emptyRle(2, 1), emptyRle(1, 2))).toThrow(mismatch)
  })
})

describe('COCO IoU', () => {
  it('measures against the detection alone in a crowd', () => {
    const [detection, truth] = [encodeRle(drawnMask('##....')), encodeRle(drawnMask('.#####'))]
    expect(cocoMaskIou(detection, truth)).toBe(1 / 6)
    expect(cocoMaskIou(detection, truth, true)).toBe(1 / 2)
  })

  it('is 0 for boxes that only touch', () => {
    expect(cocoBoxIou([0, 0, 2, 2], [2, 0, 2, 2])).toBe(0)
    expect(cocoBoxIou([0, 0, 2, 2], [0, 2, 2, 2])).toBe(0)
    expect(cocoBoxIou([0, 0, 2, 2], [1, 0, 2, 2])).toBe(1 / 3)
  })
})

describeWithData('pycocotools goldens', () => {
  interface Golden {
    readonly dt: readonly CocoRle[]
    readonly gt: readonly CocoRle[]
    readonly dt_bbox_xywh: readonly Box[]
    readonly gt_bbox_xywh: readonly Box[]
    readonly matrices: readonly {
      readonly iscrowd: readonly number[]
      readonly mask_iou: readonly (readonly number[])[]
      readonly bbox_iou: readonly (readonly number[])[]
    }[]
  }

  it('has the same IoU matrices, empty masks and crowds included', () => {
    const path = testData('goldens/mask-rcnn/rle/rle_iou.json')
    const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden
    const [detections, truths] = [golden.dt.map(rleFromCoco), golden.gt.map(rleFromCoco)]
    expect(golden.matrices).toHaveLength(3)
    for (const { iscrowd, mask_iou, bbox_iou } of golden.matrices) {
      const isCrowd = (column: number) => iscrowd[column] === 1
      const masks = detections.map((detection) => truths.map((truth, i) => cocoMaskIou(detection, truth, isCrowd(i))))
      const boxes = golden.dt_bbox_xywh.map((detection) =>
        golden.gt_bbox_xywh.map((truth, i) => cocoBoxIou(detection, truth, isCrowd(i))),
      )
      expect(masks).toEqual(mask_iou)
      expect(boxes).toEqual(bbox_iou)
    }
  })
})
