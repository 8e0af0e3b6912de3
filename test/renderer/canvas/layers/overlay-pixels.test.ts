import { describe, expect, it } from 'vitest'
import { OverlayPixels, type FillSwitches } from '../../../../renderer/canvas/layers/overlay-pixels.ts'
import { drawnMask } from '../../../common/mask/sample-masks.ts'

const machine = drawnMask('##..', '##..')
const current = drawnMask('.##.', '.##.')
const canvas = { width: 80, height: 40 }
const view = { scale: 20, x: 0, y: 0 }
const lines: FillSwitches = { machine: true, correction: true, difference: true, isArea: false }
const all = { x: 0, y: 0, ...canvas }

function paint(show: Partial<FillSwitches> = {}, more: Partial<{ view: typeof view; rectangle: typeof all }> = {}) {
  const rectangle = more.rectangle ?? all
  const out = new Uint32Array(rectangle.width * rectangle.height).fill(7)
  new OverlayPixels(canvas, 1).paint(
    { machine, current },
    { view, show: { ...lines, ...show }, rectangle, ...more },
    out,
  )
  return { out, at: (x: number, y: number) => out[y * rectangle.width + x]! }
}

const alpha = (colour: number): number => colour >>> 24
/** the colours in columns x0 … x1 − 1 */
const colours = ({ out }: ReturnType<typeof paint>, x0: number, x1: number): Set<number> =>
  new Set(out.filter((_, i) => i % 80 >= x0 && i % 80 < x1))

describe('OverlayPixels', () => {
  it('tints what both masks have and leaves the background free', () => {
    const painted = paint()
    expect([...colours(painted, 60, 80)]).toEqual([0])
    expect([...colours(painted, 20, 40)].map(alpha)).toEqual([Math.round(0.08 * 255)])
  })

  it('hatches added areas to the right and removed ones to the left', () => {
    const painted = paint()
    for (let y = 1; y < 20; y++) {
      for (let x = 1; x < 19; x++) {
        expect(painted.at(x, y)).toBe(painted.at(x - 1, y - 1)) // "\"
        expect(painted.at(40 + x, y)).toBe(painted.at(40 + x - 1, y + 1)) // "/"
      }
    }
    expect(Math.min(...[...colours(painted, 0, 20)].map(alpha))).toBe(Math.round(0.58 * 255))
    expect(Math.min(...[...colours(painted, 40, 60)].map(alpha))).toBe(Math.round(0.38 * 255))
  })

  it('keeps the pitch of the hatch at any zoom', () => {
    const rectangle = { x: 0, y: 0, width: 80, height: 1 }
    const deep = { scale: 400, x: -880, y: 0 } // all added
    const row = [...paint(undefined, { view: deep, rectangle }).out].map(alpha)
    const peaks = row.flatMap((value, x) => (value > row[x - 1]! && value >= row[x + 1]! ? [x] : []))
    const gaps = peaks.slice(1).map((x, i) => x - peaks[i]!)
    for (const gap of gaps) expect(Math.abs(gap - 9 * Math.SQRT2)).toBeLessThan(1)
    expect(gaps.length).toBeGreaterThan(3)
  })

  it('draws a part as it is in the whole', () => {
    const whole = paint()
    const rectangle = { x: 13, y: 5, width: 41, height: 17 }
    const part = paint(undefined, { rectangle })
    for (let y = 0; y < 17; y++) for (let x = 0; x < 41; x++) expect(part.at(x, y)).toBe(whole.at(13 + x, 5 + y))
  })

  it('shows only what is switched on', () => {
    const tinted = paint({ correction: true, difference: false })
    expect([...colours(tinted, 0, 20)]).toEqual([0])
    expect(colours(tinted, 40, 60)).toEqual(colours(tinted, 20, 40))
    expect([...colours(paint({ correction: false, difference: false }), 0, 80)]).toEqual([0])
  })

  it('fills masks as areas: the correction in its colour, the machine mask alone in white', () => {
    const area = paint({ isArea: true, difference: false })
    expect([...colours(area, 20, 60)].map(alpha)).toEqual([Math.round(0.42 * 255)])
    const [left] = colours(area, 0, 20)
    expect(left! & 0xffffff).toBe(0xffffff)
    const machineOnly = paint({ isArea: true, correction: false, difference: false })
    expect([...colours(machineOnly, 0, 40)]).toEqual([left])
    expect([...colours(machineOnly, 40, 80)]).toEqual([0])
  })
})
