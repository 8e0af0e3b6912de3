import { describe, expect, it } from 'vitest'
import { anchorsFor } from '#main/detectors/mask-rcnn/anchors.ts'
import { norm } from '#main/detectors/mask-rcnn/boxes.ts'
import { cocoConfig } from '#main/detectors/mask-rcnn/config.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import { expectClose, goldenJson, goldenRuns, photoGolden } from './goldens.ts'

describe('anchorsFor', () => {
  it('goes level > row > column > ratio', () => {
    const anchors = anchorsFor(17, { anchorScales: [4, 8], anchorRatios: [0.25, 4], strides: [16, 32] })
    const pixels = [
      [-4, -1, 4, 1],
      [-1, -4, 1, 4],
      [-4, 15, 4, 17],
      [-1, 12, 1, 20],
      [12, -1, 20, 1],
      [15, -4, 17, 4],
      [12, 15, 20, 17],
      [15, 12, 17, 20],
      [-8, -2, 8, 2],
      [-2, -8, 2, 8],
    ]
    expect(anchors).toEqual(norm(pixels.flat(), { height: 17, width: 17 }))
  })

  it('has 261 888 anchors at 1024, and those of one cell a level where the input is smaller than any of them', () => {
    expect(anchorsFor(1024, cocoConfig)).toHaveLength(261_888 * 4)
    expect(anchorsFor(4, cocoConfig)).toHaveLength(5 * 3 * 4)
  })
})

describeWithData('anchors as Matterport makes them', () => {
  it('of two levels', () => {
    const { anchors_64: golden } = goldenJson('stages/stages') as {
      anchors_64: { scales: number[]; ratios: number[]; strides: number[]; boxes: number[][] }
    }
    const { scales: anchorScales, ratios: anchorRatios, strides, boxes } = golden
    const expected = norm(boxes.flat(), { height: 64, width: 64 })
    expectClose(anchorsFor(64, { anchorScales, anchorRatios, strides }), expected, 1e-7)
  })

  it.each(goldenRuns)('of $folder', ({ folder, config }) => {
    const { anchors: golden } = photoGolden(folder)
    const anchors = anchorsFor(config.maxSide, config)
    expect(anchors).toHaveLength(golden.count * 4)
    expectClose(anchors.subarray(0, 20), golden.first5.flat(), 1e-7)
    expectClose(anchors.subarray(-20), golden.last5.flat(), 1e-7)
    expectClose(
      golden.probes.flat.map((at) => anchors[at]!),
      golden.probes.value,
      1e-7,
    )
  })
})
