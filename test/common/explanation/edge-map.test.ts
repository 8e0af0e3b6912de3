import { describe, expect, it } from 'vitest'
import { edgeMap } from '#common/explanation/edge-map.ts'

const photo = (width: number, height: number, colour: (y: number, x: number) => [number, number, number]) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return colour(Math.floor(pixel / width), pixel % width)[i % 3]!
  }),
})

describe('the edge map', () => {
  it('is 0 in a photo of one colour', () => {
    expect(Math.max(...edgeMap(photo(4, 3, () => [10, 200, 30])).data)).toBe(0)
  })

  it('is Sobel’s gradient on both sides of an edge: 4 times the step of brightness', () => {
    const { data } = edgeMap(photo(6, 4, (_, x) => (x < 3 ? [0, 0, 0] : [100, 0, 0])))
    for (let y = 0; y < 4; y++) {
      expect([...data.subarray(y * 6, y * 6 + 6)].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
        0, 0, 119.6, 119.6, 0, 0,
      ])
    }
  })

  it('is as strong along a diagonal in both directions', () => {
    const { data } = edgeMap(photo(5, 5, (y, x) => (x > y ? [255, 255, 255] : [0, 0, 0])))
    // at (2, 2): right column 1·255 + 2·255 + 0, left 0; the same upwards
    expect(data[12]).toBeCloseTo(Math.hypot(765, 765), 6)
  })
})
