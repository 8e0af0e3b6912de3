import { describe, expect, it } from 'vitest'
import { inBatches } from '#main/files/in-batches.ts'

describe('batches', () => {
  it.each([
    [0, []],
    [3, [[0, 1, 2]]],
    [7, [[0, 1, 2], [3, 4, 5], [6]]],
  ])('of %i items hold them in order', async (n, expected) => {
    async function* items(): AsyncGenerator<number> {
      for (let i = 0; i < n; i++) yield await Promise.resolve(i)
    }
    const batches: number[][] = []
    for await (const batch of inBatches(items(), 3)) batches.push(batch)
    expect(batches).toEqual(expected)
  })
})
