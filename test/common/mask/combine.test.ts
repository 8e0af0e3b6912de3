import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { intersectRle, unionRle, xorRle } from '#common/mask/combine.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { emptyRle, encodeRle, rleArea } from '#common/mask/rle.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { pixelwise } from './oracles.ts'
import { anyMask, rleFromCoco, twoMasks } from './sample-masks.ts'

describe('set operations on runs', () => {
  it('equal the pixelwise operations', () => {
    fc.assert(
      fc.property(twoMasks, ([a, b]) => {
        const [codeOfA, codeOfB] = [encodeRle(a), encodeRle(b)]
        expect(unionRle([codeOfA, codeOfB], a)).toEqual(encodeRle(pixelwise(a, b, (p, q) => p | q)))
        expect(intersectRle(codeOfA, codeOfB)).toEqual(encodeRle(pixelwise(a, b, (p, q) => p & q)))
        expect(xorRle(codeOfA, codeOfB)).toEqual(encodeRle(pixelwise(a, b, (p, q) => p ^ q)))
      }),
    )
  })

  it('share out the area: union + intersection = both areas', () => {
    fc.assert(
      fc.property(twoMasks, ([a, b]) => {
        const [codeOfA, codeOfB] = [encodeRle(a), encodeRle(b)]
        const both = rleArea(unionRle([codeOfA, codeOfB], a)) + rleArea(intersectRle(codeOfA, codeOfB))
        expect(both).toBe(rleArea(codeOfA) + rleArea(codeOfB))
      }),
    )
  })

  it('see through runs of length zero', () => {
    const loose = { width: 2, height: 4, counts: Uint32Array.of(0, 0, 1, 2, 0, 1, 4, 0) }
    const other = { width: 2, height: 4, counts: Uint32Array.of(6, 0, 0, 2) }
    expect([...unionRle([loose], loose).counts]).toEqual([1, 3, 4])
    expect([...unionRle([loose, other], loose).counts]).toEqual([1, 3, 2, 2])
    expect([...intersectRle(loose, other).counts]).toEqual([8])
  })
})

describe('unionRle', () => {
  it('of nothing is the empty mask', () => {
    expect(unionRle([], { width: 4, height: 3 })).toEqual(emptyRle(4, 3))
  })

  it('does not depend on order or repetition', () => {
    fc.assert(
      fc.property(twoMasks, ([a, b]) => {
        const [codeOfA, codeOfB] = [encodeRle(a), encodeRle(b)]
        expect(unionRle([codeOfB, codeOfA, codeOfB], a)).toEqual(unionRle([codeOfA, codeOfB], a))
      }),
    )
  })

  it('refuses masks of another size', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const other = { width: mask.width + 1, height: mask.height }
        expect(() => unionRle([encodeRle(mask)], other)).toThrow(expect.objectContaining({ code: 'shape.mismatch' }))
        expect(() => intersectRle(encodeRle(mask), emptyRle(other.width, other.height))).toThrow(
          expect.objectContaining({ code: 'shape.mismatch' }),
        )
      }),
    )
  })
})

describe('damaged codes', () => {
  it.each([[[1, 2]], [[4, 9]], [[]]])('refuses counts %j for six pixels', (counts) => {
    const damaged = { width: 3, height: 2, counts: Uint32Array.from(counts) }
    const refused = expect.objectContaining({ code: 'rle.counts' }) as unknown as Error
    expect(() => unionRle([damaged], damaged)).toThrow(refused)
    expect(() => intersectRle(emptyRle(3, 2), damaged)).toThrow(refused)
    expect(() => xorRle(damaged, emptyRle(3, 2))).toThrow(refused)
  })
})

describeWithData('pycocotools goldens of merged polygons', () => {
  interface Golden {
    readonly polygons: readonly {
      readonly name: string
      readonly size: [number, number]
      readonly rle: { readonly counts: string }
    }[]
    readonly multi_ring: {
      readonly names: readonly string[]
      readonly union: string
      readonly union_area: number
      readonly intersect: string
      readonly intersect_area: number
    }
  }

  it('has the same union and intersection', () => {
    const path = testData('goldens/mask-rcnn/rle/rle_polygons.json')
    const { polygons, multi_ring: golden } = JSON.parse(readFileSync(path, 'utf8')) as Golden
    const rings = golden.names.map((name) => polygons.find((polygon) => polygon.name === name)!)
    const [a, b] = rings.map(({ size, rle }) => rleFromCoco({ size, counts: rle.counts }))
    const union = unionRle([a!, b!], a!)
    expect(compressCounts(union.counts)).toBe(golden.union)
    expect(rleArea(union)).toBe(golden.union_area)
    const intersection = intersectRle(a!, b!)
    expect(compressCounts(intersection.counts)).toBe(golden.intersect)
    expect(rleArea(intersection)).toBe(golden.intersect_area)
  })
})
