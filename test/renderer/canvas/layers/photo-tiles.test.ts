import { describe, expect, it } from 'vitest'
import {
  coarsestLevel,
  tileAbove,
  TileCache,
  tileRectangle,
  tilesInSight,
} from '../../../../renderer/canvas/layers/photo-tiles.ts'
import { fitView } from '../../../../renderer/canvas/viewport.ts'

const photo = { width: 4000, height: 3000 }

describe('tilesInSight', () => {
  it('takes the level that has a pixel for each of the screen, and all of it at fit', () => {
    const tiles = tilesInSight(photo, fitView({ width: 956, height: 790 }, photo), 1)
    expect(tiles).toEqual([
      { level: 2, column: 0, row: 0 },
      { level: 2, column: 1, row: 0 },
      { level: 2, column: 0, row: 1 },
      { level: 2, column: 1, row: 1 },
    ])
  })

  it('takes a finer level on a screen of finer pixels', () => {
    const [first] = tilesInSight(photo, fitView({ width: 956, height: 790 }, photo), 2)
    expect(first!.level).toBe(1)
  })

  it('takes only what lies on the canvas', () => {
    const view = { width: 400, height: 300, scale: 1, x: -1000, y: -1500 }
    expect(tilesInSight(photo, view, 1)).toEqual([
      { level: 0, column: 1, row: 2 },
      { level: 0, column: 2, row: 2 },
      { level: 0, column: 1, row: 3 },
      { level: 0, column: 2, row: 3 },
    ])
    expect(tilesInSight(photo, { ...view, x: 500 }, 1)).toEqual([])
  })

  it('never goes beyond the coarsest level, nor below the photo itself', () => {
    const far = { width: 400, height: 300, scale: 0.05, x: 0, y: 0 }
    expect(tilesInSight(photo, far, 1)).toEqual([{ level: coarsestLevel(photo), column: 0, row: 0 }])
    const near = { width: 64, height: 64, scale: 64, x: 0, y: 0 }
    expect(tilesInSight(photo, near, 1)).toEqual([{ level: 0, column: 0, row: 0 }])
  })
})

describe('tileRectangle', () => {
  it('ends at the edge of the photo', () => {
    expect(tileRectangle({ level: 2, column: 1, row: 1 }, photo)).toEqual({
      x: 2048,
      y: 2048,
      width: 1952,
      height: 952,
    })
  })

  it('lies inside that of each tile above', () => {
    const tile = { level: 0, column: 7, row: 5 }
    const inner = tileRectangle(tile, photo)
    for (let up = 0; up <= coarsestLevel(photo); up++) {
      const outer = tileRectangle(tileAbove(tile, up), photo)
      expect(outer.x).toBeLessThanOrEqual(inner.x)
      expect(outer.y).toBeLessThanOrEqual(inner.y)
      expect(outer.x + outer.width).toBeGreaterThanOrEqual(inner.x + inner.width)
      expect(outer.y + outer.height).toBeGreaterThanOrEqual(inner.y + inner.height)
    }
  })
})

describe('TileCache', () => {
  class FakePicture {
    isClosed = false
    close(): void {
      this.isClosed = true
    }
  }
  const makeCache = (limit: number): { cache: TileCache<FakePicture>; read: string[] } => {
    const read: string[] = []
    const cache = new TileCache((url) => {
      read.push(url)
      return url === 'gone' ? Promise.reject(new Error('404')) : Promise.resolve(new FakePicture())
    }, limit)
    return { cache, read }
  }

  it('reads a tile once, also when it is asked for twice at the same time', async () => {
    const { cache, read } = makeCache(4)
    await Promise.all([cache.load('a', false), cache.load('a', true)])
    await cache.load('a', true)
    expect(read).toEqual(['a'])
    expect(cache.get('a')).toBeInstanceOf(FakePicture)
  })

  it('tries again after a failure', async () => {
    const { cache, read } = makeCache(4)
    await expect(cache.load('gone', true)).rejects.toThrow('404')
    await expect(cache.load('gone', true)).rejects.toThrow('404')
    expect(read).toHaveLength(2)
    expect(cache.get('gone')).toBeUndefined()
  })

  it('gives back the one used longest ago where there are too many', async () => {
    const { cache } = makeCache(2)
    await cache.load('a', true)
    await cache.load('b', true)
    const [a, b] = [cache.get('a')!, cache.get('b')!]
    cache.get('a')
    await cache.load('c', true)
    expect(cache.get('b')).toBeUndefined()
    expect(b.isClosed).toBe(true)
    expect(a.isClosed).toBe(false)
  })

  it('gives back everything in the end, also what comes later', async () => {
    const { cache } = makeCache(2)
    await cache.load('a', true)
    const a = cache.get('a')!
    const later = cache.load('b', true)
    cache.dispose()
    await later
    expect(a.isClosed).toBe(true)
    expect(cache.get('b')).toBeUndefined()
  })
})
