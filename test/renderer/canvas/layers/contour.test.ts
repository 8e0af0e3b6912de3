import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { traceContours, type ContourOptions, type Contours } from '../../../../renderer/canvas/layers/contour.ts'
import { anyMask, blobMask, drawnMask } from '../../../common/mask/sample-masks.ts'

const smooth = { level: 0, isExact: false }
const exact = { level: 0, isExact: true }
const all = ({ width, height }: Bitmap) => ({ x: 0, y: 0, width: width + 1, height: height + 1 })

function lines({ points, ends }: Contours): [number, number][][] {
  const pairs = Array.from({ length: points.length / 2 }, (_, i): [number, number] => [
    points[2 * i]!,
    points[2 * i + 1]!,
  ])
  return [...ends].map((end, i) => pairs.slice(i === 0 ? 0 : ends[i - 1], end))
}

/** Middles of the pixel edges with object on one side, as "x y". */
function edges({ width, height, data }: Bitmap): string[] {
  const at = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x]!)
  const found: string[] = []
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (at(x, y) !== at(x - 1, y)) found.push(`${x} ${y + 0.5}`)
      if (at(x, y) !== at(x, y - 1)) found.push(`${x + 0.5} ${y}`)
    }
  }
  return found.sort()
}

/** The middles of edges that exact lines run over. */
function edgesOn(traced: [number, number][][]): string[] {
  const found = new Set<string>()
  for (const line of traced) {
    line.slice(1).forEach(([toX, toY], i) => {
      const [x, y] = line[i]!
      expect(x === toX || y === toY).toBe(true)
      const length = Math.abs(toX - x) + Math.abs(toY - y)
      for (let t = 0; t <= length; t += 0.5) {
        const place = [x + Math.sign(toX - x) * t, y + Math.sign(toY - y) * t] as const
        if (Number.isInteger(place[0]) !== Number.isInteger(place[1])) found.add(place.join(' '))
      }
    })
  }
  return [...found].sort()
}

/** Even-odd fill of closed lines, asked at the pixels' middles. */
function filled(traced: [number, number][][], { width, height }: Bitmap): number[] {
  return Array.from({ length: width * height }, (_, i) => {
    const [px, py] = [(i % width) + 0.5, Math.floor(i / width) + 0.5 + 1e-6]
    let inside = 0
    for (const line of traced) {
      line.slice(1).forEach(([bx, by], k) => {
        const [ax, ay] = line[k]!
        if (ay > py !== by > py && px < ax + ((py - ay) / (by - ay)) * (bx - ax)) inside ^= 1
      })
    }
    return inside
  })
}

describe('traceContours', () => {
  it('runs along every edge between object and background and no other', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        expect(edgesOn(lines(traceContours(mask, all(mask), exact)))).toEqual(edges(mask))
      }),
    )
  })

  it.each([smooth, exact])('closes every line, and the fill of it is the mask (%o)', (options) => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const traced = lines(traceContours(mask, all(mask), options))
        for (const line of traced) expect(line[0]).toEqual(line.at(-1))
        expect(filled(traced, mask)).toEqual([...mask.data])
      }),
      { numRuns: 60 },
    )
  })

  it('gives the same edges by parts', () => {
    fc.assert(
      fc.property(anyMask, fc.integer({ min: 1, max: 20 }), (mask, side) => {
        const parts: [number, number][][] = []
        for (let y = 0; y <= mask.height; y += side) {
          for (let x = 0; x <= mask.width; x += side) {
            parts.push(...lines(traceContours(mask, { x, y, width: side, height: side }, exact)))
          }
        }
        expect(edgesOn(parts)).toEqual(edges(mask))
      }),
    )
  })

  it('cuts corners between the middles of edges, and leaves out points on straight stretches', () => {
    const [line] = lines(traceContours(drawnMask('....', '.##.', '....'), { x: 0, y: 0, width: 5, height: 4 }, smooth))
    const corners = new Set(line!.map(String))
    expect(corners).toEqual(new Set(['1.5,1', '2.5,1', '3,1.5', '2.5,2', '1.5,2', '1,1.5']))
  })

  it('looks at fewer pixels where many fall on one of the screen, and stays on the image', () => {
    const mask = blobMask(1001, 701)
    const nPoints = (options: ContourOptions): number => traceContours(mask, all(mask), options).points.length
    expect(nPoints({ level: 2, isExact: false })).toBeLessThan(nPoints(smooth) / 2)
    const full = { width: 11, height: 7, data: new Uint8Array(77).fill(1) }
    const { points } = traceContours(full, all(full), { level: 2, isExact: true })
    expect(Math.max(...points.filter((_, i) => i % 2 === 0))).toBe(11)
    expect(Math.max(...points.filter((_, i) => i % 2 === 1))).toBe(7)
  })

  it('finds nothing in an empty mask', () => {
    expect(traceContours(drawnMask('...'), { x: 0, y: 0, width: 4, height: 2 }, smooth).ends).toHaveLength(0)
  })
})
