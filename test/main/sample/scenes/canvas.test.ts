import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyCanvas, fill, fillGround, within, type Canvas, type Paint } from '#main/sample/scenes/canvas.ts'
import { colour, setColour } from '#main/sample/scenes/colour.ts'
import { rootFrame } from '#main/sample/scenes/frame.ts'
import { ellipse, ribbon, smoothOutline } from '#main/sample/scenes/outline.ts'

const white = colour('#ffffff')
const paintWhite: Paint = (p) => setColour(p, white)
const square = Float64Array.of(-1, -1, 1, -1, 1, 1, -1, 1)

const brushOn = (canvas: Canvas, unit = 1) => ({ canvas, frame: rootFrame(0, 0, unit) })
const sum = (values: Float32Array): number => values.reduce((all, each) => all + each, 0)

describe('painting a shape', () => {
  it('covers its area, wherever and however it lies', () => {
    const placement = fc.record({
      x: fc.double({ min: 18, max: 22, noNaN: true }),
      y: fc.double({ min: 18, max: 22, noNaN: true }),
      angle: fc.double({ min: -7, max: 7, noNaN: true }),
      size: fc.double({ min: 1, max: 8, noNaN: true }),
      across: fc.constantFrom(-1, 0.5, 1),
    })
    fc.assert(
      fc.property(placement, (at) => {
        const canvas = emptyCanvas(40, 40)
        fill(within(brushOn(canvas), at), { outline: square, paint: paintWhite })
        const area = sum(canvas.colour) / 3
        expect(area).toBeCloseTo(4 * at.size * at.size * Math.abs(at.across), 1)
      }),
    )
  })

  it('tells the paint the local place of each pixel’s middle', () => {
    const canvas = emptyCanvas(30, 30)
    const brush = within(brushOn(canvas, 2), { x: 7, y: 8, angle: 0.7, size: 3, across: -1 })
    const { a, b, c, d, e, f } = brush.frame
    fill(brush, {
      outline: square,
      paint: (p) => {
        const [column, row] = [a * p.x + c * p.y + e - 0.5, b * p.x + d * p.y + f - 0.5]
        expect(column).toBeCloseTo(Math.round(column), 9)
        expect(row).toBeCloseTo(Math.round(row), 9)
        expect(Math.max(Math.abs(p.x), Math.abs(p.y))).toBeLessThan(1.3)
        expect(p.pixel).toBeCloseTo(1 / 6, 9)
      },
    })
  })

  it('does nothing outside the canvas, and clips at its edge', () => {
    const canvas = emptyCanvas(10, 10)
    fill(within(brushOn(canvas), { x: 40, y: 5 }), { outline: square, paint: paintWhite })
    expect(sum(canvas.colour)).toBe(0)
    fill(within(brushOn(canvas), { x: 0, y: 5, size: 2 }), { outline: square, paint: paintWhite, bevel: 1 })
    expect(sum(canvas.colour) / 3).toBeCloseTo(8, 5)
  })

  it('rises from the edge to the middle within the bevel', () => {
    const canvas = emptyCanvas(40, 40)
    fill(within(brushOn(canvas), { x: 20, y: 20, size: 15 }), {
      outline: square,
      bevel: 0.4,
      paint: (p) => {
        setColour(p, white)
        p.height = p.rise
      },
    })
    const row = Array.from({ length: 15 }, (_, i) => canvas.elevation[20 * 40 + 5 + i]! / 15)
    expect(row[0]).toBeLessThan(0.4)
    expect(row.slice(8)).toEqual(row.slice(8).map(() => 1))
    for (let i = 1; i < row.length; i++) expect(row[i]!).toBeGreaterThanOrEqual(row[i - 1]! - 1e-6)
  })

  it('lays see-through paint over what is there', () => {
    const canvas = emptyCanvas(4, 4)
    const brush = within(brushOn(canvas), { x: 2, y: 2, size: 4 })
    fill(brush, { outline: square, paint: paintWhite })
    fill(brush, {
      outline: square,
      paint: (p) => {
        setColour(p, colour('#000000'))
        p.opacity = 0.25
        p.height = p.below + 1
        p.gloss = 1
      },
    })
    expect([canvas.colour[0], canvas.gloss[0], canvas.elevation[0]]).toEqual([0.75, 0.25, 4])
  })

  it('paints all of the ground', () => {
    const canvas = emptyCanvas(6, 4)
    fillGround({ canvas, frame: rootFrame(2, 2, 2) }, (p) => {
      setColour(p, white)
      p.height = p.x
      p.gloss = p.y
    })
    expect(sum(canvas.colour)).toBe(3 * 24)
    expect([canvas.elevation[0], canvas.elevation[5]]).toEqual([-1.5, 3.5])
    expect([canvas.gloss[0], canvas.gloss[23]]).toEqual([-0.75, 0.75])
  })
})

describe('what can be seen of objects', () => {
  it('is what they cover less what lies on them', () => {
    const canvas = emptyCanvas(20, 20)
    for (const owner of [0, 1]) {
      canvas.visible.push(new Float32Array(400))
      canvas.owner = owner
      const x = owner === 0 ? 8.3 : 12.6
      fill(within(brushOn(canvas), { x, y: 10.2, size: 5 }), { outline: square, paint: paintWhite })
    }
    canvas.owner = -1
    const alone = canvas.visible.map((seen) => seen.slice())
    const hidden = emptyCanvas(20, 20)
    for (const each of [canvas, hidden]) {
      const disc = { outline: ellipse([0, 0], [1, 1]), paint: paintWhite }
      fill(within(brushOn(each), { x: 10, y: 14, size: 4 }), disc)
    }
    for (let pixel = 0; pixel < 400; pixel++) {
      const free = 1 - hidden.colour[3 * pixel]!
      for (const object of [0, 1]) {
        expect(canvas.visible[object]![pixel]).toBeCloseTo(alone[object]![pixel]! * free, 5)
      }
      expect(canvas.visible[0]![pixel]! + canvas.visible[1]![pixel]!).toBeLessThanOrEqual(1 + 1e-6)
    }
    expect(sum(alone[1]!)).toBeCloseTo(100, 3)
  })
})

describe('outlines', () => {
  it('go through their points', () => {
    const points = [0, 0, 4, 1, 5, 5, 1, 4]
    const outline = smoothOutline(points, 5)
    expect(outline).toHaveLength(40)
    for (let i = 0; i < 4; i++) expect([...outline.slice(10 * i, 10 * i + 2)]).toEqual(points.slice(2 * i, 2 * i + 2))
  })

  it('make bands as wide as asked for', () => {
    const canvas = emptyCanvas(40, 40)
    const outline = ribbon([5, 5, 20, 25, 35, 45], [2, 2, 2])
    fill(brushOn(canvas), { outline: outline.map((each) => each * 0.75), paint: paintWhite })
    expect(sum(canvas.colour) / 3).toBeCloseTo(0.75 * 0.75 * 2 * 50, 1)
  })
})
