import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { norm, overlaps, type CornerBox } from '#main/detectors/mask-rcnn/boxes.ts'
import { cocoConfig } from '#main/detectors/mask-rcnn/config.ts'
import { refineDetections, type Detection } from '#main/detectors/mask-rcnn/detections.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import { expectClose, goldenFloats, goldenJson, goldenRuns, photoGolden } from './goldens.ts'

const config = { ...cocoConfig, nClasses: 3 }
const whole: CornerBox = [0, 0, 1, 1]

/** Regions of three classes; `deltas` of every class 0. */
function detections(regions: { roi: number[]; probabilities: number[] }[], options = config, window = whole) {
  return refineDetections(
    {
      rois: Float32Array.from(regions.flatMap(({ roi }) => roi)),
      probabilities: Float32Array.from(regions.flatMap(({ probabilities }) => probabilities)),
      deltas: new Float32Array(regions.length * 12),
      window,
    },
    options,
  )
}

const left = [0, 0, 1, 0.5]
const right = [0, 0.5, 1, 1]

describe('refineDetections', () => {
  it('gives the objects of the likeliest class, best first', () => {
    expect(
      detections([
        { roi: left, probabilities: [0.125, 0.75, 0.125] },
        { roi: right, probabilities: [0, 0, 1] },
      ]),
    ).toEqual([
      { box: right, classId: 2, score: 1 },
      { box: left, classId: 1, score: 0.75 },
    ])
  })

  it('leaves out background and what is not sure enough', () => {
    const options = { ...config, minConfidence: 0.7 }
    const regions = [
      { roi: left, probabilities: [0.9, 0.1, 0] },
      { roi: right, probabilities: [0.5, 0.5, 0] },
      { roi: right, probabilities: [0.31, 0.69, 0] },
    ]
    expect(detections(regions, options)).toEqual([])
    const [least] = detections([{ roi: right, probabilities: [0.3, 0.7, 0] }], options)
    expect(least?.score).toBe(Math.fround(0.7)) // which is below .7
  })

  it('drops what overlaps a better one of its own class only', () => {
    const regions = [
      { roi: left, probabilities: [0, 0.8, 0.2] },
      { roi: left, probabilities: [0, 0.9, 0.1] },
      { roi: left, probabilities: [0.15, 0, 0.85] },
    ]
    expect(detections(regions).map(({ classId }) => classId)).toEqual([1, 2])
  })

  it('moves a region by the deltas of its class and cuts it at the window', () => {
    const deltas = new Float32Array(12)
    deltas.set([0, 5, 0, 0], 8) // of class 2: half a width to the right
    const [found] = refineDetections(
      {
        rois: Float32Array.from(left),
        probabilities: Float32Array.of(0, 0, 1),
        deltas,
        window: [0.25, 0, 0.75, 0.625],
      },
      config,
    )
    expect(found?.box).toEqual([0.25, 0.25, 0.75, 0.625])
  })

  it('takes equal scores in the order of the regions, whatever their class, and the first of equal classes', () => {
    const regions = [
      { roi: [0, 0, 1, 0.25], probabilities: [0, 0.5, 0.5] },
      { roi: [0, 0.25, 1, 0.5], probabilities: [0, 0, 0.5] },
      { roi: [0, 0.5, 1, 0.75], probabilities: [0, 0.5, 0.5] },
      { roi: [0, 0.75, 1, 1], probabilities: [0.5, 0.5, 0] },
    ]
    expect(detections(regions, { ...config, minConfidence: 0.5 })).toEqual(
      [1, 2, 1].map((classId, i) => ({ box: regions[i]!.roi, classId, score: 0.5 })),
    )
  })

  it('gives no more than are wanted', () => {
    const regions = Array.from({ length: 8 }, (_, i) => ({
      roi: [0, i / 8, 1, (i + 1) / 8],
      probabilities: [0, 0.9 - i / 100, 0],
    }))
    expect(detections(regions, { ...config, maxDetections: 5 })).toHaveLength(5)
  })

  it('finds nothing in regions that are not finite, and nothing in none', () => {
    const regions = [
      { roi: left, probabilities: [NaN, NaN, NaN] },
      { roi: [NaN, 0, 1, 1], probabilities: [0, 1, 0] },
    ]
    expect(detections(regions)).toEqual([])
    expect(detections([])).toEqual([])
  })

  it('gives objects inside the window, best first, none of one class overlapping, whatever the network says', () => {
    const probability = fc.oneof(fc.float({ min: 0, max: 1 }), fc.constant(NaN))
    const region = fc.record({
      roi: fc.array(fc.float({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
      probabilities: fc.array(probability, { minLength: 3, maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(region, { maxLength: 20 }), (regions) => {
        const found = detections(regions, { ...config, minConfidence: 0.25, maxDetections: 6 }, [0.25, 0.25, 0.75, 1])
        expect(found.length).toBeLessThanOrEqual(6)
        for (const { box, classId, score } of found) {
          expect(box.every((value) => value >= 0.25 && value <= 1)).toBe(true)
          expect(classId).toBeGreaterThan(0)
          expect(score).toBeGreaterThanOrEqual(0.25)
        }
        const scores = found.map(({ score }) => score)
        expect(scores).toEqual([...scores].sort((a, b) => b - a))
        const inOrder = found.filter(({ box: [y1, x1, y2, x2] }) => y2 > y1 && x2 > x1)
        for (const a of inOrder) {
          for (const b of inOrder) {
            if (a === b || a.classId !== b.classId) continue
            const iou = overlaps(Float32Array.from(a.box), Float32Array.from(b.box))[0]
            expect(iou).toBeLessThanOrEqual(config.detectionNms + 1e-6)
          }
        }
      }),
    )
  })

  it('refuses arrays that do not fit', () => {
    expect(() => detections([{ roi: left, probabilities: [0, 1] }])).toThrow(
      expect.objectContaining({ code: 'shape.mismatch' }),
    )
  })
})

/** As the reference's rows: box, class, score; zeros up to the full number. */
function asRows(found: readonly Detection[], maxDetections: number): Float32Array {
  const rows = new Float32Array(maxDetections * 6)
  for (const [i, { box, classId, score }] of found.entries()) rows.set([...box, classId, score], i * 6)
  return rows
}

interface RefineCase {
  readonly num_classes: number
  readonly min_confidence: number
  readonly nms_threshold: number
  readonly max_instances: number
  readonly bbox_std_dev: [number, number, number, number]
  readonly window: CornerBox
  readonly rois: number[][]
  readonly probs: number[][]
  readonly deltas: number[][][]
  readonly detections: number[][]
  readonly count: number
}

describeWithData('detections as Matterport refines them', () => {
  it('small cases', () => {
    for (const golden of goldenJson('stages/refine_detections') as RefineCase[]) {
      const found = refineDetections(
        {
          rois: Float32Array.from(golden.rois.flat()),
          probabilities: Float32Array.from(golden.probs.flat()),
          deltas: Float32Array.from(golden.deltas.flat(2)),
          window: golden.window,
        },
        {
          nClasses: golden.num_classes,
          minConfidence: golden.min_confidence,
          detectionNms: golden.nms_threshold,
          maxDetections: golden.max_instances,
          boxStd: golden.bbox_std_dev,
        },
      )
      expect(found).toHaveLength(golden.count)
      expectClose(asRows(found, golden.max_instances), golden.detections.flat(), 2e-6)
    }
  })

  it.each(goldenRuns.filter((run) => run.hasStages))('$folder, row by row', ({ folder, config: ofRun }) => {
    const { window, results } = photoGolden(folder)
    const probabilities = goldenFloats(`${folder}/mrcnn_class`)
    const [y1, x1, y2, x2] = norm(window, { height: ofRun.maxSide, width: ofRun.maxSide })
    const found = refineDetections(
      {
        rois: goldenFloats(`${folder}/proposals`),
        probabilities,
        deltas: deltasOfEveryClass(goldenFloats(`${folder}/mrcnn_bbox_argmax`), ofRun.nClasses),
        window: [y1!, x1!, y2!, x2!],
      },
      ofRun,
    )
    expect(found.length).toBeGreaterThanOrEqual(results.length)
    expectClose(asRows(found, ofRun.maxDetections), goldenFloats(`${folder}/detections`), 2e-6)
  })
})

/** The goldens store those of the likeliest class; no other one is used. */
function deltasOfEveryClass(stored: Float32Array, nClasses: number): Float32Array {
  const deltas = new Float32Array(stored.length * nClasses)
  for (let i = 0; i < stored.length / 4; i++) {
    for (let c = 0; c < nClasses; c++) deltas.set(stored.subarray(i * 4, i * 4 + 4), (i * nClasses + c) * 4)
  }
  return deltas
}
