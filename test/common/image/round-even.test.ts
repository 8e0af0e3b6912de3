import { describe, expect, it } from 'vitest'
import { roundEven } from '#common/image/round-even.ts'

describe('roundEven', () => {
  it('takes halves to the even number, everything else to the nearest', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6, 12.50001].map((value) => roundEven(value) + 0)).toEqual([
      0, 2, 2, 0, -2, 2, 3, 13,
    ])
  })

  it('leaves what is no finite number alone', () => {
    expect([Infinity, -Infinity, NaN].map(roundEven)).toEqual([Infinity, -Infinity, NaN])
  })
})
