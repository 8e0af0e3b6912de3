import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evidenceShares } from '#common/score/evidence-shares.ts'
import { obalexScore } from '#common/score/obalex.ts'

/** A grid of 9 × 1 cells. */
const line = (data: number[]) => ({ width: data.length, height: 1, data })
const mask = (data: number[]) => ({ ...line(data), data: Float32Array.from(data) })
const map = (data: number[]) => ({ ...line(data), data: Float64Array.from(data) })

describe('where the evidence of a map lies', () => {
  it('is on the object, beside it, or elsewhere', () => {
    const object = mask([0, 0, 0, 0, 1, 1, 0, 0, 0])
    const evidence = map([1, 0, 0, 2, 3, 1, 0, 0, 1])
    expect(evidenceShares(object, evidence)).toEqual({ inside: 4 / 8, band: 2 / 8, beyond: 2 / 8 })
  })

  it('counts cells that are object in part in part', () => {
    const shares = evidenceShares(mask([0, 0, 0, 0.5, 1, 0, 0, 0, 0]), map([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    expect(shares).toEqual({ inside: 0.5, band: 0.5, beyond: 0 })
  })

  it('has a band as wide as it is said', () => {
    const object = mask([0, 0, 0, 0, 1, 0, 0, 0, 0])
    const even = map([1, 1, 1, 1, 1, 1, 1, 1, 1])
    expect(evidenceShares(object, even, 0.34)?.band).toBeCloseTo(6 / 9, 12)
  })

  it('is unknown without an object, and without evidence', () => {
    expect(evidenceShares(mask([0, 0, 0]), map([1, 1, 1]))).toBeNull()
    expect(evidenceShares(mask([0, 1, 0]), map([0, 0, 0]))).toBeNull()
  })

  it('is ObAlEx on the object, and one in all', () => {
    const cells = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 9 })), {
      minLength: 2,
      maxLength: 40,
    })
    fc.assert(
      fc.property(cells, (pairs) => {
        const object = mask(pairs.map(([share]) => share))
        const evidence = map(pairs.map(([, value]) => value))
        const shares = evidenceShares(object, evidence)
        if (shares === null) return
        expect(shares.inside + shares.band + shares.beyond).toBeCloseTo(1, 9)
        const { obalex } = obalexScore({ ...line([]), width: pairs.length, mask: object.data, map: evidence.data })
        expect(shares.inside).toBeCloseTo(obalex!, 9)
      }),
    )
  })
})
