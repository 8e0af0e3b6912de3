import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelCard } from '#common/contract/procedures/models.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import { inputWindow } from '#common/image/geometry.ts'
import { emptyBitmap, type Bitmap } from '#common/mask/bitmap.ts'
import { coverMask } from '#common/mask/coverage.ts'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { LiveScore } from '#common/score/live-score.ts'
import { obalexScore } from '#common/score/obalex.ts'
import { anyMask, drawnMask } from '../mask/sample-masks.ts'

const anyGrid = fc.record({ width: fc.integer({ min: 1, max: 30 }), height: fc.integer({ min: 1, max: 30 }) })

const anyMap = ({ width, height }: GridSize): fc.Arbitrary<DenseMap> =>
  fc
    .array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: width * height, maxLength: width * height })
    .map((values) => ({ width, height, data: Float64Array.from(values) }))

const anyStroke = fc.record({ x: fc.nat(45), y: fc.nat(45), width: fc.nat(20), height: fc.nat(20), value: fc.nat(1) })

/** Paints a rectangle, telling the score every run that changed. */
function paint({ width, height, data }: Bitmap, stroke: PixelRectangle & { value: number }, live: LiveScore): void {
  for (let y = stroke.y; y < Math.min(height, stroke.y + stroke.height); y++) {
    for (let x = stroke.x; x < Math.min(width, stroke.x + stroke.width); x++) {
      if (data[y * width + x] === stroke.value) continue
      data[y * width + x] = stroke.value
      live.changeRun(y, x, x + 1, stroke.value === 1)
    }
  }
}

function fullScore(mask: Bitmap, map: DenseMap, window?: PixelRectangle) {
  const { obalex, areaShare, lift, reason } = obalexScore({
    ...map,
    map: map.data,
    mask: coverMask(mask, map, window).data,
  })
  return { obalex, areaShare, lift, reason: reason ?? null }
}

function expectSame(live: ReturnType<LiveScore['scores']>[number], full: ReturnType<typeof fullScore>): void {
  expect(live.reason).toBe(full.reason)
  for (const key of ['obalex', 'areaShare', 'lift'] as const) {
    if (full[key] === null) expect(live[key]).toBeNull()
    else expect(Math.abs(live[key]! - full[key]) / Math.max(1, full[key])).toBeLessThan(1e-9)
  }
}

describe('LiveScore', () => {
  it('equals the score from scratch after any strokes, on any grid and crop', () => {
    fc.assert(
      fc.property(
        anyMask,
        anyGrid.chain((grid) => fc.tuple(fc.constant(grid), anyMap(grid), anyMap(grid))),
        fc.constantFrom<ModelCard['fit'] | null>('stretch', 'crop', { shortSide: 64 }, null),
        fc.array(anyStroke, { maxLength: 6 }),
        (start, [grid, ...maps], fit, strokes) => {
          const window = fit === null ? undefined : inputWindow(start, grid, fit)
          const mask = { ...start, data: start.data.slice() }
          const live = new LiveScore(mask, grid, maps, window)
          live.reset(mask)
          for (const stroke of strokes) {
            paint(mask, stroke, live)
            live.scores().forEach((score, i) => expectSame(score, fullScore(mask, maps[i]!, window)))
          }
          live.scores().forEach((score, i) => expectSame(score, fullScore(mask, maps[i]!, window)))
        },
      ),
    )
  })

  it('is to the bit what it was after strokes that were taken back', () => {
    const mask = drawnMask('#..#.', '.##..', '...##')
    const map = { width: 4, height: 7, data: Float64Array.from({ length: 28 }, (_, i) => Math.sqrt(i)) }
    const live = new LiveScore(mask, map, [map])
    live.reset(mask)
    const before = live.scores()
    for (let i = 0; i < 1000; i++) {
      live.changeRun(0, 1, 3, true)
      live.scores()
      live.changeRun(0, 1, 3, false)
    }
    expect(live.scores()).toEqual(before)
  })

  it('says that there is no mask when the last pixel is gone', () => {
    const map = { width: 3, height: 3, data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) }
    const live = new LiveScore({ width: 7, height: 5 }, map, [map])
    live.changeRun(2, 1, 6, true)
    expect(live.scores()[0]!.obalex).toBeGreaterThan(0)
    live.changeRun(2, 1, 6, false)
    expect(live.scores()).toEqual([{ obalex: null, areaShare: 0, lift: null, reason: 'no-mask' }])
  })

  it('says that there is no evidence', () => {
    const map = { width: 2, height: 1, data: new Float64Array(2) }
    const live = new LiveScore({ width: 2, height: 1 }, map, [map])
    live.changeRun(0, 0, 1, true)
    expect(live.scores()).toEqual([{ obalex: null, areaShare: 0.5, lift: null, reason: 'no-evidence' }])
  })

  it('refuses a map of another size, and a rectangle that leaves the photo', () => {
    const map = { width: 2, height: 2, data: new Float64Array(4) }
    const photo = emptyBitmap(4, 4)
    expect(() => new LiveScore(photo, { width: 3, height: 2 }, [map])).toThrow(
      expect.objectContaining({ code: 'shape.mismatch' }),
    )
    expect(() => new LiveScore(photo, map, [map], { x: 1, y: 0, width: 4, height: 4 })).toThrow(
      expect.objectContaining({ code: 'mask.size' }),
    )
  })
})
