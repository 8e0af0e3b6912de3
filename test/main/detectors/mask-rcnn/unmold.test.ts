import { describe, expect, it } from 'vitest'
import { encodeRle, rleArea, sameRle } from '#common/mask/rle.ts'
import type { CornerBox } from '#main/detectors/mask-rcnn/boxes.ts'
import type { Detection } from '#main/detectors/mask-rcnn/detections.ts'
import { unmoldDetections } from '#main/detectors/mask-rcnn/unmold.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import {
  expectClose,
  goldenArray,
  goldenBytes,
  goldenFloats,
  goldenJson,
  goldenRuns,
  photoGolden,
  rleFromGolden,
} from './goldens.ts'

const side = 64
const whole: CornerBox = [0, 0, 1, 1]
const object = (box: CornerBox): Detection => ({ box, classId: 1, score: 0.9 })
const full = (n: number) => new Float32Array(n * 28 * 28).fill(1)

describe('unmoldDetections', () => {
  it('brings a box from the window to the whole photo', () => {
    const photo = { width: 20, height: 10 }
    // the window's first pixel and its last, normalised as boxes are
    const box: CornerBox = [16 / 63, 0, 47 / 63, 1]
    const [found] = unmoldDetections([object(box)], full(1), { photo, window: [16, 0, 48, 64], side })
    expect(found).toMatchObject({ box: [0, 0, 10, 20], classId: 1, score: 0.9 })
    expect(rleArea(found!.rle)).toBe(200)
  })

  it('rounds halves as they are in float32', () => {
    const photo = { width: 100, height: 100 }
    const top = 0.06966490298509598 // 5.50000004 pixels of the photo in float32, 5.4999999 in float64
    const [found] = unmoldDetections([object([top, 0, 1, 1])], full(1), { photo, window: [1, 0, 63, 64], side })
    expect(found?.box).toEqual([6, 0, 100, 100])
  })

  it('drops boxes without area, and those that are NaN', () => {
    const photo = { width: 40, height: 40 }
    const boxes: CornerBox[] = [[0.5, 0.5, 0.5, 0.8], [NaN, 0, 1, 1], whole, [0.8, 0.2, 0.2, 0.8], [0.3, 0.3, 0.3, 0.8]]
    const found = unmoldDetections(boxes.map(object), full(5), { photo, window: [0, 0, 64, 64], side })
    expect(found.map(({ box }) => box)).toEqual([
      [0, 0, 40, 40],
      // its last row is its first, which is a pixel; the first box's rows are 19.5 and 20.5, both 20 as halves go
      [12, 12, 13, 32],
    ])
  })

  it('keeps boxes inside the photo', () => {
    const photo = { width: 40, height: 30 }
    const [found] = unmoldDetections([object([-0.5, -0.5, 2, 2])], full(1), { photo, window: [0, 0, 64, 64], side })
    expect(found?.box).toEqual([0, 0, 30, 40])
    expect([...found!.rle.counts]).toEqual([0, 1200])
  })

  it('takes a photo of one pixel', () => {
    const photo = { width: 1, height: 1 }
    const [found] = unmoldDetections([object(whole)], full(1), { photo, window: [7, 7, 57, 57], side })
    expect(found?.box).toEqual([0, 0, 1, 1])
    expect([...found!.rle.counts]).toEqual([0, 1])
  })

  it('finds nothing where a photo was too thin to have a window, and nothing in nothing', () => {
    const photo = { width: 5000, height: 1 }
    expect(unmoldDetections([object(whole)], full(1), { photo, window: [31, 0, 32, 64], side })).toEqual([])
    expect(unmoldDetections([], new Float32Array(0), { photo, window: [0, 0, 64, 64], side })).toEqual([])
  })

  it('keeps an object whose mask is empty in its box', () => {
    const photo = { width: 6, height: 5 }
    const masks = new Float32Array(28 * 28).fill(0.4)
    const [found] = unmoldDetections([object(whole)], masks, { photo, window: [0, 0, 64, 64], side })
    expect([...found!.rle.counts]).toEqual([30])
  })

  it.each([27 * 28, 3 * 28 * 28 + 1])('refuses %i values as the masks of two objects', (length) => {
    const placement = { photo: { width: 6, height: 5 }, window: [0, 0, 64, 64] as const, side }
    expect(() => unmoldDetections([object(whole), object(whole)], new Float32Array(length), placement)).toThrow(
      expect.objectContaining({ code: 'shape.mismatch' }),
    )
  })
})

interface UnmoldGolden {
  readonly detections: readonly (readonly number[])[]
  readonly original_image_shape: readonly number[]
  readonly image_shape: readonly number[]
  readonly window: CornerBox
  readonly boxes: readonly (readonly number[])[]
  readonly class_ids: readonly number[]
  readonly scores: readonly number[]
}

function detectionsOf(rows: ArrayLike<number>): Detection[] {
  return Array.from({ length: rows.length / 6 }, (_, i) => {
    const [y1, x1, y2, x2, classId, score] = Array.from({ length: 6 }, (__, k) => rows[i * 6 + k]!)
    return { box: [y1!, x1!, y2!, x2!] as const, classId: classId!, score: score! }
  }).filter(({ classId }) => classId > 0)
}

describeWithData('objects as Matterport unmolds them', () => {
  it('small case, with the mask of each object’s class', () => {
    const { unmold_detections: golden } = goldenJson('stages/stages') as { unmold_detections: UnmoldGolden }
    const folder = 'stages/unmold_detections'
    const detections = detectionsOf(golden.detections.flat())
    const stored = goldenArray(`${folder}/mrcnn_mask`)
    const nClasses = stored.shape.at(-1)!
    const masks = Float32Array.from({ length: detections.length * 784 }, (_, k) => {
      const { classId } = detections[Math.floor(k / 784)]!
      return stored.data[k * nClasses + classId]!
    })
    const [height, width] = golden.original_image_shape as [number, number]
    const found = unmoldDetections(detections, masks, {
      photo: { width, height },
      window: golden.window,
      side: golden.image_shape[0]!,
    })
    expect(found.map(({ box }) => box)).toEqual(golden.boxes)
    expect(found.map(({ classId }) => classId)).toEqual(golden.class_ids)
    expectClose(
      found.map(({ score }) => score),
      golden.scores,
      0,
    )
    const fullMasks = goldenBytes(`${folder}/full_masks`) // [height, width, n]
    found.forEach(({ rle }, i) => {
      const data = Uint8Array.from({ length: width * height }, (_, at) => fullMasks[at * found.length + i]!)
      expect(rle).toEqual(encodeRle({ width, height, data }))
    })
  })

  it.each(goldenRuns)('$folder, every object to the pixel', ({ folder, config }) => {
    const { results, original_shape: shape, window } = photoGolden(folder)
    const detections = detectionsOf(goldenFloats(`${folder}/detections`))
    const found = unmoldDetections(detections, goldenFloats(`${folder}/mrcnn_mask_kept`), {
      photo: { height: shape[0], width: shape[1] },
      window,
      side: config.maxSide,
    })
    expect(found.map(({ box }) => box)).toEqual(results.map(({ roi }) => roi))
    expect(found.map(({ classId }) => classId)).toEqual(results.map((result) => result.class_id))
    expectClose(
      found.map(({ score }) => score),
      results.map(({ score }) => score),
      1e-7,
    )
    expect(found.map(({ rle }) => rleArea(rle))).toEqual(results.map(({ area }) => area))
    for (const [i, { rle }] of found.entries()) expect(sameRle(rle, rleFromGolden(results[i]!.rle))).toBe(true)
  })
})
