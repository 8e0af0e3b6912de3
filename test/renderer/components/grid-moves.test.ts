import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { moveInGrid } from '../../../renderer/components/grid-moves.ts'

const grid = { length: 7, nColumns: 3 }

describe('moveInGrid', () => {
  it('goes by columns and rows', () => {
    expect(moveInGrid('ArrowRight', 1, grid)).toBe(2)
    expect(moveInGrid('ArrowDown', 1, grid)).toBe(4)
    expect(moveInGrid('ArrowUp', 4, grid)).toBe(1)
    expect(moveInGrid('End', 1, grid)).toBe(6)
  })

  it('stays where there is nothing further', () => {
    expect(moveInGrid('ArrowLeft', 0, grid)).toBeNull()
    expect(moveInGrid('ArrowDown', 5, grid)).toBeNull()
  })

  it('begins at the first item, and knows no other keys', () => {
    expect(moveInGrid('ArrowDown', -1, grid)).toBe(0)
    expect(moveInGrid('x', 3, grid)).toBeNull()
    expect(moveInGrid('Home', -1, { length: 0, nColumns: 3 })).toBeNull()
  })

  it('never leaves the grid', () => {
    const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End']
    const place = fc
      .tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 9 }))
      .chain(([length, nColumns]) =>
        fc.record({
          length: fc.constant(length),
          nColumns: fc.constant(nColumns),
          index: fc.integer({ min: -1, max: length - 1 }),
        }),
      )
    fc.assert(
      fc.property(fc.constantFrom(...keys), place, (key, { length, nColumns, index }) => {
        const next = moveInGrid(key, index, { length, nColumns })
        expect(next === null || (next >= 0 && next < length)).toBe(true)
      }),
    )
  })
})
