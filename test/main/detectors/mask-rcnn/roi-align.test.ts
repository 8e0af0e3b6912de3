import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cropAndResize, pyramidRoiAlign, type FeatureMap } from '#main/detectors/mask-rcnn/roi-align.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import { expectClose, goldenArray, goldenFloats } from './goldens.ts'

/** The value at y, x is 10 y + x. */
function ramp(height: number, width: number): FeatureMap {
  const data = Float32Array.from({ length: height * width }, (_, i) => 10 * Math.floor(i / width) + (i % width))
  return { data, height, width, channels: 1 }
}

describe('cropAndResize', () => {
  it('samples from corner to corner', () => {
    const crop = cropAndResize(ramp(3, 5), Float32Array.of(0, 0, 1, 1), { height: 3, width: 3 })
    expect([...crop]).toEqual([0, 2, 4, 10, 12, 14, 20, 22, 24])
  })

  it('samples the middle where the crop has one cell', () => {
    const crop = cropAndResize(ramp(3, 5), Float32Array.of(0, 0.5, 0.5, 1), { height: 1, width: 1 })
    expect([...crop]).toEqual([8])
  })

  it('gives 0 outside', () => {
    const crop = cropAndResize(ramp(3, 3), Float32Array.of(0.5, 0.5, 1.5, 1.5), { height: 2, width: 2 })
    expect([...crop]).toEqual([11, 0, 0, 0])
  })

  it('flips the crop of a flipped box', () => {
    const crop = cropAndResize(ramp(2, 2), Float32Array.of(1, 1, 0, 0), { height: 2, width: 2 })
    expect([...crop]).toEqual([11, 10, 1, 0])
  })

  it('gives 0 for a box that is NaN', () => {
    expect([...cropAndResize(ramp(2, 2), Float32Array.of(NaN, 0, 1, 1), { height: 2, width: 1 })]).toEqual([0, 0])
  })

  it('gives a plane back wherever the box lies inside', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(unit, unit, unit, unit, fc.integer({ min: 2, max: 9 }), (y1, x1, y2, x2, n) => {
        const crop = cropAndResize(ramp(7, 6), Float32Array.of(y1, x1, y2, x2), { height: n, width: n })
        const expected = Array.from({ length: n * n }, (_, i) => {
          const [down, along] = [Math.floor(i / n) / (n - 1), (i % n) / (n - 1)]
          return 60 * (y1 + (y2 - y1) * down) + 5 * (x1 + (x2 - x1) * along)
        })
        // what rounding puts a hair outside the map is 0
        const isEdge = [y1, x1, y2, x2].some((value) => value < 1e-5 || value > 1 - 1e-5)
        if (!isEdge) expectClose(crop, expected, 1e-4)
      }),
    )
  })
})

describe('pyramidRoiAlign', () => {
  const levels = [2, 3, 4, 5].map((level) => ({
    data: new Float32Array(8).fill(level),
    height: 2,
    width: 2,
    channels: 2,
  }))
  const levelOf = (...roi: number[]) => pyramidRoiAlign(levels, Float32Array.from(roi), 1, 1024)[0]

  it('takes a region from the level of its size, 224 pixels from P4', () => {
    const sized = (pixels: number) => levelOf(0, 0, pixels / 1024, pixels / 1024)
    expect([40, 80, 112, 224, 300, 448, 1024].map(sized)).toEqual([2, 3, 3, 4, 4, 5, 5])
  })

  it('takes what has no area from the finest', () => {
    expect(levelOf(0.5, 0.5, 0.5, 0.5)).toBe(2)
    expect(levelOf(0, 0, 0, 0)).toBe(2)
  })

  it('keeps the order of the regions, and gives nothing for none', () => {
    const rois = Float32Array.of(0, 0, 1, 1, 0, 0, 0.05, 0.05, 0, 0, 0.2, 0.2)
    expect([...pyramidRoiAlign(levels, rois, 1, 1024)]).toEqual([5, 5, 2, 2, 4, 4])
    expect(pyramidRoiAlign(levels, new Float32Array(0), 7, 1024)).toHaveLength(0)
  })

  it('refuses levels that do not fit', () => {
    const refused = expect.objectContaining({ code: 'shape.mismatch' }) as unknown
    expect(() => pyramidRoiAlign(levels.slice(1), new Float32Array(4), 1, 1024)).toThrow(refused)
    const odd = [...levels.slice(1), { ...levels[0]!, channels: 1 }]
    expect(() => pyramidRoiAlign(odd, new Float32Array(4), 1, 1024)).toThrow(refused)
  })
})

function level(name: string): FeatureMap {
  const { shape } = goldenArray(name)
  const [height, width, channels] = shape.slice(-3) as [number, number, number]
  return { data: goldenFloats(name), height, width, channels }
}

describeWithData('regions as TensorFlow samples them', () => {
  it.each([
    [7, 7],
    [14, 14],
    [1, 1],
    [3, 5],
  ])('crop_and_resize %i×%i', (height, width) => {
    const folder = 'stages/crop_and_resize'
    const images = level(`${folder}/image`)
    const boxes = goldenFloats(`${folder}/boxes`)
    const imageLength = images.height * images.width * images.channels
    const crops = [...goldenArray(`${folder}/box_ind`).data].map((image, i) => {
      const data = images.data.subarray(image * imageLength, (image + 1) * imageLength)
      return cropAndResize({ ...images, data }, boxes.subarray(i * 4, i * 4 + 4), { height, width })
    })
    expectClose(
      crops.flatMap((crop) => [...crop]),
      goldenFloats(`${folder}/out_${height}x${width}`),
      2e-5,
    )
  })

  it.each([7, 14])('pyramid_roi_align %i', (poolSize) => {
    const folder = 'stages/pyramid_roi_align'
    const maps = [2, 3, 4, 5].map((k) => level(`${folder}/P${k}`))
    const pooled = pyramidRoiAlign(maps, goldenFloats(`${folder}/rois`), poolSize, 256)
    expectClose(pooled, goldenFloats(`${folder}/pooled_${poolSize}`), 2e-5)
  })
})
