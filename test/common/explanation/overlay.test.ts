import { describe, expect, it } from 'vitest'
import { inferno } from '#common/explanation/colour-map.ts'
import { overlayMap } from '#common/explanation/overlay.ts'

const colour = (level: number) => Array.from(inferno.slice(3 * level, 3 * level + 3))
const photo = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60) }
const map = (a: number, b: number) => ({ width: 2, height: 1, data: Float64Array.of(a, b) })

describe('the inferno colour map', () => {
  it('has 256 colours and its known ends', () => {
    expect(inferno).toHaveLength(768)
    expect(colour(0)).toEqual([0, 0, 4])
    expect(colour(255)).toEqual([252, 255, 164])
  })

  it('is at most 6 levels from the original between its stops', () => {
    // entries of the original table that are no stops, in the middle between two and where the distance is largest
    const original = [
      [64, [87, 16, 110]],
      [128, [188, 55, 84]],
      [192, [249, 142, 9]],
      [224, [249, 203, 53]],
    ] as const
    for (const [level, rgb] of original) {
      colour(level).forEach((value, channel) => expect(Math.abs(value - rgb[channel]!)).toBeLessThanOrEqual(6))
    }
  })

  it('becomes lighter from level to level', () => {
    const luminance = (level: number) => {
      const [r, g, b] = colour(level) as [number, number, number]
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    for (let level = 4; level < 256; level++) expect(luminance(level)).toBeGreaterThan(luminance(level - 4))
  })
})

describe('overlayMap', () => {
  it('shows the photo where there is no evidence and the colour where there is most', () => {
    const { data } = overlayMap(photo, map(0, 0.25), { opacity: 1 })
    expect(Array.from(data)).toEqual([10, 20, 30, 252, 255, 164])
  })

  it('blends by value: alpha = (1.5·b)^0.75 times the opacity', () => {
    const { data } = overlayMap(photo, map(2, 1), { opacity: 0.5 })
    const alpha = 0.5 * 0.75 ** 0.75
    const expected = [40, 50, 60].map((value, c) => Math.round(value * (1 - alpha) + colour(128)[c]! * alpha))
    expect(Array.from(data.slice(3))).toEqual(expected)
    expect(Array.from(data.slice(0, 3))).toEqual([131, 138, 97])
  })

  it('blends constantly when asked', () => {
    const { data } = overlayMap(photo, map(0, 1), { blend: 'constant', opacity: 0.5 })
    expect(Array.from(data)).toEqual([5, 10, 17, 146, 153, 112])
  })

  it('leaves the photo as it is under an empty map, as a copy', () => {
    const result = overlayMap(photo, map(0, 0), { blend: 'constant' })
    expect(result.data).toEqual(photo.data)
    expect(result.data).not.toBe(photo.data)
  })

  it('refuses a map of another size', () => {
    expect(() => overlayMap(photo, { width: 1, height: 2, data: new Float64Array(2) })).toThrow(
      expect.objectContaining({ code: 'shape.mismatch' }),
    )
  })
})
