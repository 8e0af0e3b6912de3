import { describe, expect, it } from 'vitest'
import { emptyCanvas, type Canvas } from '#main/sample/scenes/canvas.ts'
import { develop } from '#main/sample/scenes/develop.ts'
import { illuminate, type Light } from '#main/sample/scenes/light.ts'
import { seededRandom } from '#main/sample/scenes/random.ts'
import { castShadows } from '#main/sample/scenes/shadows.ts'
import { makeDapples, makeSky } from '#main/sample/scenes/weather.ts'

const light: Light = {
  x: 1,
  y: 0,
  slope: 1,
  sun: { red: 1, green: 0.8, blue: 0.6 },
  sky: { red: 0.2, green: 0.3, blue: 0.4 },
}
const plain = { unit: 1, dapples: null }

function canvasOf(width: number, height: number, heightAt: (x: number, y: number) => number): Canvas {
  const canvas = emptyCanvas(width, height)
  canvas.colour.fill(0.5)
  for (let i = 0; i < width * height; i++) canvas.elevation[i] = heightAt(i % width, Math.floor(i / width))
  return canvas
}

describe('light', () => {
  it('gives flat ground the sun by its height and the whole sky', () => {
    const lit = illuminate(
      canvasOf(24, 24, () => 3),
      light,
      plain,
    )
    const middle = 3 * (12 * 24 + 12)
    expect(lit[middle]).toBeCloseTo(0.5 * (Math.SQRT1_2 + 0.2), 5)
    expect(lit[middle + 2]).toBeCloseTo(0.5 * (0.6 * Math.SQRT1_2 + 0.4), 5)
  })

  it('is brighter on a slope towards the sun than on one away from it', () => {
    const valley = illuminate(
      canvasOf(40, 24, (x) => 0.3 * Math.abs(x - 20)),
      light,
      plain,
    )
    const at = (x: number): number => valley[3 * (12 * 40 + x)]!
    // the sun stands on the right: the left side of the valley faces it
    expect(at(10)).toBeGreaterThan(at(30) * 1.3)
  })

  it('dims the sun where leaves are above, and glints where it is glossy', () => {
    const flat = () => canvasOf(24, 24, () => 0)
    const [dim, glossy] = [flat(), flat()]
    glossy.gloss.fill(1)
    const middle = 3 * (12 * 24 + 12)
    const bright = illuminate(flat(), light, plain)[middle]!
    const dapples = new Float32Array(24 * 24).fill(0.5)
    expect(illuminate(dim, light, { unit: 1, dapples })[middle]).toBeCloseTo(bright - 0.25 * Math.SQRT1_2, 5)
    expect(illuminate(glossy, light, plain)[middle]!).toBeGreaterThan(bright)
  })

  it('closes off what lies in a pit', () => {
    const overcast = { ...light, sun: { red: 0, green: 0, blue: 0 } }
    const pit = canvasOf(40, 40, (x, y) => (Math.max(Math.abs(x - 20), Math.abs(y - 20)) < 4 ? 0 : 8))
    const lit = illuminate(pit, overcast, plain)
    expect(lit[3 * (20 * 40 + 20)]!).toBeLessThan(lit[3 * (5 * 40 + 5)]! * 0.8)
  })
})

describe('shadows', () => {
  it('are as long as the height by the sun’s slope, on the far side only', () => {
    const directions = [
      { x: 1, y: 0 },
      { x: -1, y: 0 },
      { x: 0, y: 1 },
      { x: 0, y: -1 },
      { x: 0.6, y: 0.8 },
      { x: -0.8, y: 0.6 },
    ]
    for (const { x, y } of directions) {
      const post = canvasOf(61, 61, (column, row) => (Math.abs(column - 30) < 3 && Math.abs(row - 30) < 3 ? 10 : 0))
      const lit = castShadows(post, { x, y, slope: 0.8 }, 1)
      const from = (away: number): number => lit[Math.round(30 - y * away) * 61 + Math.round(30 - x * away)]!
      expect([5, 7, 9].map(from), `sun at ${x}, ${y}`).toEqual([0, 0, 0])
      expect([18, 24].map(from)).toEqual([1, 1])
      expect([-6, -12].map(from)).toEqual([1, 1])
    }
  })
})

describe('weather', () => {
  it('has a sun in some direction, and all kinds of sky', () => {
    const skies = Array.from({ length: 60 }, (_, i) => makeSky(seededRandom(i)))
    expect(new Set(skies.map(({ weather }) => weather))).toEqual(new Set(['noon', 'evening', 'overcast', 'dappled']))
    for (const { light: each } of skies) expect(each.x * each.x + each.y * each.y).toBeCloseTo(1, 8)
  })

  it('lets through between a third and all of the sun under leaves', () => {
    const dapples = makeDapples(seededRandom(3), { width: 80, height: 60 }, 1)
    expect(dapples).toHaveLength(4800)
    expect(Math.min(...dapples)).toBeGreaterThanOrEqual(0.3 - 1e-6)
    expect(Math.max(...dapples)).toBeLessThanOrEqual(1 + 1e-6)
    expect(Math.max(...dapples) - Math.min(...dapples)).toBeGreaterThan(0.3)
  })
})

describe('the camera', () => {
  const camera = { width: 40, height: 30, margin: 2, exposure: 1, vignette: 0, noise: 0, seed: 1 }
  const lightOf = (value: number) => new Float32Array(3 * 44 * 34).fill(value)

  it('shows reflectances by their square root, and never more than white', () => {
    expect([...develop(lightOf(0.25), camera).data.slice(0, 3)]).toEqual([128, 128, 128])
    const bright = [1, 2, 50].map((value) => develop(lightOf(value), camera).data[0]!)
    expect(bright[0]!).toBeLessThan(bright[1]!)
    expect(bright[1]!).toBeLessThan(bright[2]!)
    expect(bright[2]!).toBeLessThanOrEqual(255)
  })

  it('cuts the margin off', () => {
    const light = lightOf(0)
    light[3 * (2 * 44 + 2)] = 1
    const { data } = develop(light, camera)
    expect([...data.slice(0, 4)]).toEqual([data[0]!, 0, 0, 0])
    expect(data[0]).toBeGreaterThan(180)
  })

  it('darkens the corners and adds noise of the deviation asked for', () => {
    const { data } = develop(lightOf(0.25), { ...camera, vignette: 0.4 })
    expect(data[0]).toBeLessThan(data[3 * (15 * 40 + 20)]! - 10)
    const noisy = develop(lightOf(0.25), { ...camera, noise: 4 }).data
    const deviation = Math.sqrt(noisy.reduce((sum, each) => sum + (each - 127.5) ** 2, 0) / noisy.length)
    expect(deviation).toBeGreaterThan(3.6)
    expect(deviation).toBeLessThan(4.4)
  })
})
