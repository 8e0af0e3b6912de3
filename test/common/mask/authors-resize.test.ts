import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authorsResize } from '#common/mask/authors-resize.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { coverMask } from '#common/mask/coverage.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { readNpy } from '#main/files/npy.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { naiveGreyResize } from './oracles.ts'
import { blobMask, drawnMask, maskFixture, randomMask, rleFromCoco } from './sample-masks.ts'

const anySide = fc.integer({ min: 1, max: 70 })
const anyCells = fc.integer({ min: 1, max: 40 })

function crop({ width, data }: Bitmap, source: { x: number; y: number; width: number; height: number }): Bitmap {
  const pixels = Uint8Array.from({ length: source.width * source.height }, (_, i) => {
    return data[(source.y + Math.floor(i / source.width)) * width + source.x + (i % source.width)]!
  })
  return { width: source.width, height: source.height, data: pixels }
}

interface FixtureResize {
  readonly width: number
  readonly height: number
  readonly counts: string
  readonly grid: readonly [width: number, height: number]
}

function fixtureMask({ width, height, counts }: FixtureResize): Bitmap {
  return decodeRle(rleFromCoco({ size: [height, width], counts }))
}

describe('authorsResize', () => {
  it('leaves a mask of the right size alone', () => {
    const mask = randomMask(17, 11, 0.3, 2, 1)
    expect([...authorsResize(mask, mask).data]).toEqual([...mask.data])
  })

  it('equals the grey values above 0, shrinking and enlarging', () => {
    fc.assert(
      fc.property(anySide, anySide, anyCells, anyCells, fc.integer(), (width, height, columns, rows, seed) => {
        const mask = randomMask(width, height, 2 / (width * height), 1, seed)
        const grid = { width: columns, height: rows }
        const expected = Array.from(naiveGreyResize(mask, grid), (grey) => (grey > 0 ? 1 : 0))
        expect([...authorsResize(mask, grid).data]).toEqual(expected)
      }),
      { numRuns: 400 },
    )
  })

  it('applies the rule to the cropped mask', () => {
    const mask = blobMask(90, 60)
    const source = { x: 13, y: 7, width: 61, height: 50 }
    const grid = { width: 14, height: 15 }
    expect(authorsResize(mask, grid, source)).toEqual(authorsResize(crop(mask, source), grid))
  })

  it('reaches further than every touched cell', () => {
    const mask = blobMask(500, 375)
    const grid = { width: 224, height: 224 }
    const [authors, touched] = [authorsResize(mask, grid).data, coverMask(mask, grid).data]
    expect(touched.every((share, i) => share === 0 || authors[i] === 1)).toBe(true)
    const nTouched = touched.reduce((n, share) => n + Math.ceil(share), 0)
    expect(authors.reduce((n, value) => n + value, 0)).toBeGreaterThan(nTouched)
  })

  it('refuses a rectangle that leaves the photo', () => {
    expect(() => authorsResize(drawnMask('##'), { width: 2, height: 2 }, { x: 1, y: 0, width: 2, height: 1 })).toThrow(
      expect.objectContaining({ code: 'mask.size' }),
    )
  })
})

describe('scikit-image fixtures', () => {
  const fixture = maskFixture('resize.json') as {
    above0: readonly (FixtureResize & { readonly above0: string })[]
    grey: readonly (FixtureResize & { readonly values: readonly number[] })[]
  }

  it('has the same cells above 0', () => {
    expect(fixture.above0.length).toBeGreaterThan(50)
    for (const one of fixture.above0) {
      const [width, height] = one.grid
      const expected = decodeRle(rleFromCoco({ size: [height, width], counts: one.above0 }))
      const { data } = authorsResize(fixtureMask(one), { width, height })
      expect([...data], `${one.width}×${one.height} to ${width}×${height}`).toEqual([...expected.data])
    }
  })

  it('has the grey values of the oracle', () => {
    for (const one of fixture.grey) {
      const [width, height] = one.grid
      const grey = naiveGreyResize(fixtureMask(one), { width, height })
      expect(grey).toHaveLength(one.values.length)
      // both are float64; only the order of a few additions differs
      one.values.forEach((value, i) => {
        expect(Math.abs(grey[i]! - value)).toBeLessThan(1e-12)
      })
    }
  })
})

describeWithData('scikit-image goldens', () => {
  it('has the same cells above 0, from the same grey values', async () => {
    const input = await readNpy(testData('goldens/primitives/resize_mask_in.npy'))
    const [height, width] = input.shape as [number, number]
    const mask = { width, height, data: Uint8Array.from(input.data, (grey) => (grey > 0 ? 1 : 0)) }
    const grid = { width: 224, height: 224 }

    const above0 = await readNpy(testData('goldens/primitives/resize_mask_gt0.npy'))
    expect(above0.shape).toEqual([224, 224])
    expect([...authorsResize(mask, grid).data]).toEqual(Array.from(above0.data, (grey) => (grey > 0 ? 1 : 0)))

    const skimage = await readNpy(testData('goldens/primitives/resize_mask_skimage.npy'))
    const furthest = naiveGreyResize(mask, grid).reduce((most, grey, i) => {
      return Math.max(most, Math.abs(grey - skimage.data[i]!))
    }, 0)
    expect(furthest).toBeLessThan(1e-6)
  })
})
