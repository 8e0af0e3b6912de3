import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cloud, fieldAt, grain, noise, sampleField } from '#main/sample/scenes/noise.ts'
import { grit, mottle } from '#main/sample/scenes/texture.ts'

const place = fc.double({ min: -500, max: 500, noNaN: true })

describe('noise', () => {
  it('stays in its range, has no jumps, and repeats every 256', () => {
    fc.assert(
      fc.property(place, place, (x, y) => {
        const here = noise(x, y)
        expect(Math.abs(here)).toBeLessThanOrEqual(1)
        expect(Math.abs(noise(x + 1e-4, y) - here)).toBeLessThan(1e-3)
        expect(Math.abs(noise(x, y + 1e-4) - here)).toBeLessThan(1e-3)
        expect(noise(x + 256, y - 256)).toBeCloseTo(here, 9)
        expect(Math.abs(cloud(x, y, 4))).toBeLessThanOrEqual(1.4)
      }),
    )
  })

  it('has grains that are even and say nothing of their neighbours', () => {
    const grains = Array.from({ length: 4000 }, (_, i) => grain(i % 80, Math.floor(i / 80), 3))
    const product = grains.reduce((sum, each, i) => sum + (each - 0.5) * ((grains[i + 1] ?? 0.5) - 0.5), 0)
    expect(grains.reduce((sum, each) => sum + each, 0) / 4000).toBeCloseTo(0.5, 1)
    expect(Math.abs(product / 4000)).toBeLessThan(0.005)
    expect(grain(3.2, 7.9, 1)).toBe(grain(3, 7, 1))
    expect(grain(3, 7, 1)).not.toBe(grain(3, 7, 2))
  })
})

describe('fields', () => {
  it('give back a linear function exactly, over border and picture', () => {
    const field = sampleField({ width: 20, height: 10, border: 4, cell: 3 }, (x, y) => 2 * x - y)
    fc.assert(
      fc.property(
        fc.double({ min: -4, max: 24, noNaN: true }),
        fc.double({ min: -4, max: 14, noNaN: true }),
        (x, y) => {
          expect(fieldAt(field, x, y)).toBeCloseTo(2 * x - y, 4)
        },
      ),
    )
  })
})

describe('textures that are looked up', () => {
  it('join where they repeat', () => {
    for (let i = 0; i < 200; i++) {
      const along = i * 0.37
      for (const texture of [grit, mottle]) {
        expect(texture(along + 32, 3)).toBe(texture(along, 3))
        // a texel's step is 1/16 of a wave
        expect(Math.abs(texture(31.999, along) - texture(0.001, along))).toBeLessThan(0.45)
        expect(Math.abs(texture(along, 31.999) - texture(along, 0.001))).toBeLessThan(0.45)
      }
    }
  })

  it('are the noise that they were made of', () => {
    expect(grit(3.5, 7.25)).toBeCloseTo(noise(3.5, 7.25), 6)
    expect(mottle(3.5, 7.25)).toBeCloseTo(cloud(3.5, 7.25, 3), 6)
  })
})
