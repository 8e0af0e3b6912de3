import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clamp, cosine, mix, sine, smoothStep, total } from '#main/sample/scenes/arithmetic.ts'

describe('sine and cosine', () => {
  it('are those of the engine to nine digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (angle) => {
        expect(sine(angle)).toBeCloseTo(Math.sin(angle), 9)
        expect(cosine(angle)).toBeCloseTo(Math.cos(angle), 9)
      }),
    )
  })

  it('are 0 at 0, and odd and even', () => {
    expect(sine(0)).toBe(0)
    expect(sine(-0.7)).toBe(-sine(0.7))
    expect(cosine(-0.7)).toBeCloseTo(cosine(0.7), 10)
  })
})

describe('ways between values', () => {
  it('start and end where they should, and do not leave the range', () => {
    expect([smoothStep(2, 4, 1), smoothStep(2, 4, 3), smoothStep(2, 4, 9)]).toEqual([0, 0.5, 1])
    expect([smoothStep(4, 2, 1), smoothStep(4, 2, 3), smoothStep(4, 2, 9)]).toEqual([1, 0.5, 0])
    expect([mix(2, 4, 0), mix(2, 4, 0.25), mix(2, 4, 1)]).toEqual([2, 2.5, 4])
    expect([clamp(-1, 0, 3), clamp(2, 0, 3), clamp(4, 0, 3)]).toEqual([0, 2, 3])
  })

  it('adds up', () => {
    expect(total(Float32Array.of(0.5, 0.25, 4))).toBe(4.75)
    expect(total(new Uint8Array(0))).toBe(0)
  })
})
