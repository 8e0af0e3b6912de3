import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { emptyRle, encodeRle, rleArea, rleBbox } from '#common/mask/rle.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { naivePolygon, pixelwise } from './oracles.ts'
import { maskFixture } from './sample-masks.ts'

/** Coordinates of every kind that a file may have, also outside the image and on the middle of pixels. */
const coordinate = fc.oneof(
  fc.integer({ min: -40, max: 160 }),
  fc.integer({ min: -400, max: 1600 }).map((tenths) => tenths / 10),
  fc.double({ min: -40, max: 160, noNaN: true }),
  fc.double({ min: -2000, max: 2000, noNaN: true }),
)
const anyRing = fc
  .array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 9 })
  .map((points) => points.flat())
const side = fc.integer({ min: 1, max: 120 })

describe('rasterisePolygons', () => {
  it('equals the drawing by hand on the finer grid', () => {
    fc.assert(
      fc.property(anyRing, side, side, (ring, width, height) => {
        expect(rasterisePolygons([ring], width, height)).toEqual(encodeRle(naivePolygon(ring, width, height)))
      }),
      { numRuns: 400 },
    )
  })

  it('unites rings', () => {
    fc.assert(
      fc.property(anyRing, anyRing, side, side, (a, b, width, height) => {
        const drawn = pixelwise(naivePolygon(a, width, height), naivePolygon(b, width, height), (p, q) => p | q)
        expect(rasterisePolygons([a, b], width, height)).toEqual(encodeRle(drawn))
      }),
    )
  })

  it('gives an empty mask where there are no rings', () => {
    expect(rasterisePolygons([], 5, 4)).toEqual(emptyRle(5, 4))
  })

  it('takes typed arrays and draws a box as its corners say', () => {
    const box = rasterisePolygons([Float32Array.of(2, 1, 6, 1, 6, 4, 2, 4)], 10, 8)
    expect(rleArea(box)).toBe(12)
    expect(rleBbox(box)).toEqual([2, 1, 4, 3])
  })

  it('draws a ring that is gone round 131 times, over a million border points, as one gone round once', () => {
    const zigzag = Array.from({ length: 10 }, (_, i) => [i % 2 === 0 ? -9 : 1009, (i * 7) % 10]).flat()
    const endless = Array.from({ length: 131 }, () => zigzag).flat()
    const once = encodeRle(naivePolygon(zigzag, 1000, 10))
    expect(rleArea(once)).toBeGreaterThan(1000)
    expect(rasterisePolygons([endless], 1000, 10)).toEqual(once)
  })

  it.each([
    ['no numbers', []],
    ['two points', [0, 0, 5, 5]],
    ['half a point', [0, 0, 5, 0, 5, 5, 3]],
    ['NaN', [0, 0, 5, NaN, 5, 5]],
    ['Infinity', [0, 0, 5, Infinity, 5, 5]],
    ['a coordinate far beyond any photo', [0, 0, 5, -2e6, 5, 5]],
  ])('refuses a ring with %s', (_, ring) => {
    const rings = [[0, 0, 5, 0, 5, 5], ring]
    expect(() => rasterisePolygons(rings, 8, 8)).toThrow(
      expect.objectContaining({ code: 'polygon.format', data: { ring: 1 } }),
    )
  })
})

describe('pycocotools fixtures', () => {
  interface FixturePolygon {
    readonly kind: string
    readonly width: number
    readonly height: number
    readonly rings: readonly (readonly number[])[]
    readonly counts: string
  }

  it('has the same codes', () => {
    const { polygons } = maskFixture('pycocotools.json') as { polygons: readonly FixturePolygon[] }
    expect(polygons.length).toBeGreaterThan(30)
    for (const { kind, width, height, rings, counts } of polygons) {
      expect(compressCounts(rasterisePolygons(rings, width, height).counts), kind).toBe(counts)
    }
  })
})

describeWithData('pycocotools goldens', () => {
  const readGolden = (name: string) =>
    JSON.parse(readFileSync(testData(`goldens/mask-rcnn/rle/${name}`), 'utf8')) as unknown

  it('has the same codes for single rings, several rings and boxes', () => {
    interface Golden {
      readonly polygons: readonly {
        readonly name: string
        readonly polygon_xy: readonly number[]
        readonly size: readonly [number, number]
        readonly rle: { readonly counts: string }
      }[]
      readonly multi_ring: { readonly names: readonly string[]; readonly union: string }
      readonly boxes_xywh_to_rle: readonly {
        readonly box: readonly [number, number, number, number]
        readonly counts: string
      }[]
    }
    const golden = readGolden('rle_polygons.json') as Golden
    expect(golden.polygons).toHaveLength(11)
    for (const { name, polygon_xy, size, rle } of golden.polygons) {
      expect(compressCounts(rasterisePolygons([polygon_xy], size[1], size[0]).counts), name).toBe(rle.counts)
    }
    const rings = golden.multi_ring.names.map((name) => golden.polygons.find((one) => one.name === name)!.polygon_xy)
    expect(compressCounts(rasterisePolygons(rings, 80, 60).counts)).toBe(golden.multi_ring.union)
    for (const { box, counts } of golden.boxes_xywh_to_rle) {
      const [x, y, width, height] = box
      const corners = [x, y, x, y + height, x + width, y + height, x + width, y]
      expect(compressCounts(rasterisePolygons([corners], 80, 60).counts), box.join()).toBe(counts)
    }
  })

  it('has the same codes for the shapes that other libraries draw otherwise', () => {
    interface Golden {
      readonly shapes: readonly {
        readonly name: string
        readonly size: readonly [number, number]
        readonly polygon_xy: readonly (readonly [number, number])[]
        readonly coco: { readonly counts: string }
      }[]
    }
    const { shapes } = readGolden('polygon_rasters.json') as Golden
    expect(shapes).toHaveLength(6)
    for (const { name, size, polygon_xy, coco } of shapes) {
      expect(compressCounts(rasterisePolygons([polygon_xy.flat()], size[1], size[0]).counts), name).toBe(coco.counts)
    }
  })
})
