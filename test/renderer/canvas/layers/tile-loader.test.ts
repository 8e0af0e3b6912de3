import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Tile } from '../../../../renderer/canvas/layers/photo-tiles.ts'
import { TileLoader } from '../../../../renderer/canvas/layers/tile-loader.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const tile = (column: number): Tile => ({ level: 0, column, row: 0 })

/** A loader whose tiles come, or do not, when the test says so. */
function makeLoader() {
  const asked: { readonly column: number; readonly come: () => void; readonly fail: () => void }[] = []
  const told: string[] = []
  const loader = new TileLoader({
    load: ({ column }) =>
      new Promise((resolve, reject) => {
        asked.push({ column, come: resolve, fail: () => reject(new Error('503')) })
      }),
    came: () => told.push('came'),
    failed: () => told.push('failed'),
  })
  const columns = (): number[] => asked.map(({ column }) => column)
  /** lets what was settled be heard of, and time pass */
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
  return { loader, asked, told, columns, pass }
}

describe('TileLoader', () => {
  it('asks for a tile once while it is on its way, however often it is wanted', async () => {
    const { loader, asked, told, columns, pass } = makeLoader()
    loader.want([tile(0), tile(1), tile(0)])
    loader.want([tile(1), tile(0)])
    expect(columns()).toEqual([0, 1])
    asked[0]!.come()
    await pass(0)
    expect(told).toEqual(['came'])
    loader.want([tile(1)])
    expect(columns()).toEqual([0, 1])
  })

  it('asks again for one that did not come, after longer and longer waits, until it comes', async () => {
    const { loader, asked, told, columns, pass } = makeLoader()
    loader.want([tile(0)])
    for (const waitMs of [250, 500, 1000, 2000, 4000, 8000, 8000]) {
      const n = columns().length
      asked.at(-1)!.fail()
      await pass(waitMs - 1)
      loader.want([tile(0)]) // the view moves meanwhile
      expect(columns()).toHaveLength(n)
      await pass(1)
      expect(columns()).toHaveLength(n + 1)
    }
    asked.at(-1)!.come()
    await pass(60_000)
    expect(columns()).toHaveLength(8)
    expect(told).toEqual([...Array<string>(7).fill('failed'), 'came'])
  })

  it('is not interested in what is wanted no more, and asks for it anew when it is wanted again', async () => {
    const { loader, asked, told, columns, pass } = makeLoader()
    loader.want([tile(0), tile(1)])
    asked[0]!.fail()
    await pass(0)
    expect(told).toEqual(['failed'])
    loader.want([])
    asked[1]!.fail()
    await pass(60_000)
    expect([columns(), told]).toEqual([[0, 1], ['failed']])
    loader.want([tile(0)])
    expect(columns()).toEqual([0, 1, 0])
    asked[2]!.come()
    await pass(0)
    expect(told).toEqual(['failed', 'came'])
  })
})
