import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fitView,
  panView,
  resizeView,
  revealPlace,
  toImage,
  toScreen,
  visiblePixels,
  zoomView,
} from '../../../renderer/canvas/viewport.ts'

const photo = { width: 4000, height: 3000 }
const screen = { width: 1000, height: 700 }

describe('the view of a photo', () => {
  it('fits with room for legend and hints around it, in the middle', () => {
    const view = fitView(screen, photo)
    expect(view.scale).toBeCloseTo(628 / 3000, 12)
    expect(view.y).toBeCloseTo(36, 9)
    expect(view.x).toBeCloseTo((1000 - 4000 * view.scale) / 2, 9)
    expect(fitView(screen, { width: 5000, height: 100 }).x).toBeCloseTo(12, 9)
  })

  it('keeps the place under the cursor while it zooms', () => {
    const view = fitView(screen, photo)
    const at = { x: 420, y: 300 }
    const before = toImage(view, at)
    const after = toImage(zoomView(view, 3, at, photo), at)
    expect(after.x).toBeCloseTo(before.x, 9)
    expect(after.y).toBeCloseTo(before.y, 9)
  })

  it('still fits where it fitted, in a canvas of another size', () => {
    const other = { width: 900, height: 520 }
    expect(resizeView(fitView(screen, photo), other, photo)).toEqual(fitView(other, photo))
    const panned = panView(fitView(screen, photo), 1, 0, photo)
    expect(resizeView(panned, other, photo).scale).toBe(panned.scale)
  })

  it('zooms from 5 % to 6400 % and no further', () => {
    const view = fitView(screen, photo)
    const middle = { x: 500, y: 350 }
    expect(zoomView(view, 1e-3, middle, photo).scale).toBe(0.05)
    expect(zoomView(view, 1e3, middle, photo).scale).toBe(64)
  })

  it('never loses the photo, however far it is moved', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (dx, dy) => {
          expect(visiblePixels(panView(fitView(screen, photo), dx, dy, photo), photo)).not.toBeNull()
        },
      ),
    )
  })

  it('moves no farther than brings a place into sight, and not at all where it is', () => {
    const near = zoomView(fitView(screen, photo), 4, { x: 500, y: 350 }, photo)
    const middle = toImage(near, { x: 500, y: 350 })
    expect(revealPlace(near, middle, photo)).toBe(near)
    const outside = toImage(near, { x: -30, y: screen.height + 10 })
    const at = toScreen(revealPlace(near, outside, photo), outside)
    expect(at.x).toBeCloseTo(24, 9)
    expect(at.y).toBeCloseTo(screen.height - 24, 9)
  })

  it('keeps the middle in the middle when the canvas changes its size', () => {
    const view = zoomView(fitView(screen, photo), 1, { x: 500, y: 350 }, photo)
    const resized = resizeView(view, { width: 800, height: 900 }, photo)
    const [before, after] = [toImage(view, { x: 500, y: 350 }), toImage(resized, { x: 400, y: 450 })]
    expect(after.x).toBeCloseTo(before.x, 9)
    expect(after.y).toBeCloseTo(before.y, 9)
  })

  it('goes from screen to image and back', () => {
    const view = { ...screen, scale: 2.5, x: -31, y: 17 }
    expect(toScreen(view, toImage(view, { x: 12, y: 34 }))).toEqual({ x: 12, y: 34 })
  })

  it('says which pixels are in sight', () => {
    expect(visiblePixels({ width: 10, height: 10, scale: 2, x: -3, y: 4 }, { width: 20, height: 20 })).toEqual({
      x: 1,
      y: 0,
      width: 6,
      height: 3,
    })
    expect(visiblePixels({ width: 10, height: 10, scale: 1, x: 11, y: 0 }, photo)).toBeNull()
  })
})
