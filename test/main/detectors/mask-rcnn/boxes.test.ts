import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyDeltas, clip, denorm, norm, overlaps, type CornerBox } from '#main/detectors/mask-rcnn/boxes.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import { expectClose, goldenJson } from './goldens.ts'

type Rows = readonly (readonly number[])[]

function floats(...rows: Rows): Float32Array {
  return Float32Array.from(rows.flat())
}

describe('applyDeltas', () => {
  it('moves the centre by parts of the box and stretches the sides', () => {
    const moved = applyDeltas(floats([10, 20, 30, 60]), floats([0.5, -0.25, Math.log(2), Math.log(0.5)]))
    expectClose(moved, [10, 20, 50, 40], 1e-5)
  })

  it('takes deltas in units of their standard deviations', () => {
    const moved = applyDeltas(floats([0, 0, 10, 10]), floats([1, 2, 0, 0]), [0.1, 0.1, 0.2, 0.2])
    expectClose(moved, [1, 2, 11, 12], 1e-6)
  })

  it('leaves boxes alone where deltas are 0', () => {
    const boxes = floats([0.25, 0.5, 0.75, 1], [0, 0, 0, 0])
    expect(applyDeltas(boxes, new Float32Array(8))).toEqual(boxes)
  })

  it('gives numbers that are not finite for deltas that are not', () => {
    const moved = applyDeltas(floats([0, 0, 1, 1], [0, 0, 1, 1]), floats([NaN, 0, 0, 0], [0, 0, 1e4, 0]))
    expect(moved[0]).toBeNaN()
    expect(Number.isFinite(moved[6])).toBe(false)
  })
})

describe('clip', () => {
  it('cuts boxes at the window and flattens those outside', () => {
    const cut = clip(floats([-1, 0.2, 0.5, 3], [2, 2, 3, 3]), [0, 0, 1, 1])
    expect([...cut]).toEqual([0, Math.fround(0.2), 0.5, 1, 1, 1, 1, 1])
  })

  it('keeps NaN, so that it can be told later', () => {
    expect(clip(floats([NaN, 0, 1, 1]), [0, 0, 1, 1])[0]).toBeNaN()
  })
})

describe('norm and denorm', () => {
  it('are inverse for whole pixels', () => {
    const side = fc.integer({ min: 2, max: 5000 })
    fc.assert(
      fc.property(side, side, fc.array(fc.nat(5000), { minLength: 4, maxLength: 4 }), (height, width, box) => {
        const size = { height, width }
        expect([...denorm(norm(box, size), size)]).toEqual(box)
      }),
    )
  })

  it('knows one pixel only of an image of one pixel', () => {
    expect([...denorm([0, 0.3, 0.7, 1], { height: 1, width: 1 })]).toEqual([0, 0, 1, 1])
  })

  it('rounds halves to the even pixel', () => {
    expect([...denorm([0.5, 0.5, 0.5, 0.5], { height: 2, width: 4 })]).toEqual([0, 2, 2, 2])
  })
})

describe('overlaps', () => {
  it('is 1 for a box with itself, 0 for what only touches and for boxes without area', () => {
    const ious = overlaps(floats([0, 0, 1, 1], [0, 0, 0, 0]), floats([0, 0, 1, 1], [0, 1, 1, 2], [0, 0, 0, 0]))
    expect([...ious]).toEqual([1, 0, 0, 0, 0, 0])
  })

  it('is symmetric and at most 1', () => {
    const box = fc
      .array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
      .map(([a, b, c, d]) => [Math.min(a!, c!), Math.min(b!, d!), Math.max(a!, c!), Math.max(b!, d!)])
    fc.assert(
      fc.property(box, box, (a, b) => {
        const [one] = overlaps(floats(a), floats(b))
        expect([one]).toEqual([...overlaps(floats(b), floats(a))])
        expect(one).toBeGreaterThanOrEqual(0)
        expect(one).toBeLessThanOrEqual(1)
      }),
    )
  })
})

interface BoxGoldens {
  readonly apply_box_deltas: { readonly boxes: Rows; readonly deltas: Rows; readonly out: Rows }
  readonly clip_boxes: { readonly window: CornerBox; readonly out: Rows }
  readonly norm_boxes: { readonly boxes: Rows; readonly shape: readonly [number, number]; readonly out: Rows }
  readonly denorm_boxes: { readonly boxes: Rows; readonly shape: readonly [number, number]; readonly out: Rows }
  readonly compute_overlaps: { readonly boxes1: Rows; readonly boxes2: Rows; readonly out: Rows }
}

describeWithData('boxes as Matterport computes them', () => {
  const golden = () => goldenJson('stages/boxes') as BoxGoldens
  const sizeOf = ([height, width]: readonly [number, number]) => ({ height, width })

  it('applyDeltas', () => {
    const { boxes, deltas, out } = golden().apply_box_deltas
    expectClose(applyDeltas(floats(...boxes), floats(...deltas)), out.flat(), 1e-6)
  })

  it('clip', () => {
    const { window, out } = golden().clip_boxes
    expectClose(clip(floats(...golden().apply_box_deltas.out), window), out.flat(), 1e-6)
  })

  it('norm and denorm', () => {
    const { norm_boxes: there, denorm_boxes: back } = golden()
    expectClose(norm(there.boxes.flat(), sizeOf(there.shape)), there.out.flat(), 1e-7)
    expect([...denorm(floats(...back.boxes), sizeOf(back.shape))]).toEqual(back.out.flat())
  })

  it('overlaps', () => {
    const { boxes1, boxes2, out } = golden().compute_overlaps
    expectClose(overlaps(floats(...boxes1), floats(...boxes2)), out.flat(), 1e-6)
  })
})
