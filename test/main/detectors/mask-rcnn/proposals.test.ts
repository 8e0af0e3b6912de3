import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anchorsFor } from '#main/detectors/mask-rcnn/anchors.ts'
import { cocoConfig } from '#main/detectors/mask-rcnn/config.ts'
import { selectProposals } from '#main/detectors/mask-rcnn/proposals.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import { expectClose, goldenFloats, goldenRuns } from './goldens.ts'

const config = { ...cocoConfig, proposals: 3 }
const anchors = Float32Array.of(0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1, 0, 0.5, 0.5, 1, 0.75, 0.75, 1.25, 1.25)

function proposals(scores: number[], deltas = new Float32Array(16), options = config): number[][] {
  const rois = selectProposals({ scores: Float32Array.from(scores), deltas, anchors }, options)
  return Array.from({ length: rois.length / 4 }, (_, i) => [...rois.subarray(i * 4, i * 4 + 4)])
}

describe('selectProposals', () => {
  it('gives the boxes of the best anchors, cut at the image’s edge', () => {
    expect(proposals([0.1, 0.2, 0.3, 0.9])).toEqual([
      [0.75, 0.75, 1, 1],
      [0, 0.5, 0.5, 1],
      [0.5, 0.5, 1, 1],
    ])
  })

  it('moves them by their deltas', () => {
    const deltas = new Float32Array(16)
    deltas[0] = 5 // half a height, in units of .1
    expect(proposals([0.9, 0, 0, 0], deltas)[0]).toEqual([0.25, 0, 0.75, 0.5])
  })

  it('looks only at the best before it drops what overlaps', () => {
    expect(proposals([0.1, 0.2, 0.3, 0.9], undefined, { ...config, preNms: 1 })).toEqual([
      [0.75, 0.75, 1, 1],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
  })

  it('leaves out anchors whose numbers are not finite', () => {
    const deltas = new Float32Array(16)
    deltas[6] = 1e5
    expect(proposals([NaN, 0.9, 0.5, NaN], deltas)).toEqual([
      [0, 0.5, 0.5, 1],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
  })

  it('gives zeros where no score is a number', () => {
    expect(proposals([NaN, NaN, NaN, NaN]).flat()).toEqual(new Array(12).fill(0))
  })

  it('keeps inside an image that is smaller than the smallest anchor', () => {
    const small = anchorsFor(8, cocoConfig)
    const scores = new Float32Array(small.length / 4).fill(0.5)
    const rois = selectProposals({ scores, deltas: new Float32Array(small.length), anchors: small }, cocoConfig)
    expect(rois).toHaveLength(4000)
    expect(rois.every((value) => value >= 0 && value <= 1)).toBe(true)
    expect([...rois.subarray(0, 4)]).toEqual([0, 0, 1, 1])
  })

  it('gives boxes inside the image and zeros behind them, whatever the network says', () => {
    const anything = fc.oneof(fc.float({ min: -20, max: 20 }), fc.constantFrom(NaN, Infinity, -Infinity, 1e30))
    const four = { minLength: 4, maxLength: 4 }
    fc.assert(
      fc.property(fc.array(anything, four), fc.array(fc.array(anything, four), four), (scores, deltas) => {
        const rows = proposals(scores, Float32Array.from(deltas.flat()))
        for (const [y1, x1, y2, x2] of rows) {
          expect(Math.min(y1!, x1!, y2! - y1!, x2! - x1!)).toBeGreaterThanOrEqual(0)
          expect(Math.max(y2!, x2!)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it('refuses scores, deltas and anchors of different numbers', () => {
    expect(() => proposals([1, 2, 3])).toThrow(expect.objectContaining({ code: 'shape.mismatch' }))
  })
})

describeWithData('proposals as Matterport selects them', () => {
  const withStages = goldenRuns.filter((run) => run.hasStages)

  it.each(withStages)('$folder, row by row', ({ folder, config: ofRun }) => {
    const rois = selectProposals(
      {
        scores: goldenFloats(`${folder}/rpn_class_fg`),
        deltas: goldenFloats(`${folder}/rpn_bbox`),
        anchors: anchorsFor(ofRun.maxSide, ofRun),
      },
      ofRun,
    )
    expectClose(rois, goldenFloats(`${folder}/proposals`), 2e-6)
  })

  it('has both photos of the large network', () => {
    expect(withStages).toHaveLength(2)
  })
})
