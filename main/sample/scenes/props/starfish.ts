import { cosine, sine, smoothStep } from '../arithmetic.ts'
import { fill } from '../canvas.ts'
import { colour, setColour, shade, tint } from '../colour.ts'
import { smoothOutline } from '../outline.ts'
import type { Site } from '../stage.ts'
import { grit } from '../texture.ts'

const tones = ['#d9682f', '#c94a35', '#d98a4a', '#8f4a6a'].map(colour)
const wart = colour('#f3d9b0')

/** Paints a starfish of radius 1. */
export function paintStarfish(site: Site): void {
  const { random } = site
  const points: number[] = []
  for (let arm = 0; arm < 5; arm++) {
    const angle = (2 * Math.PI * (arm + random.between(-0.06, 0.06))) / 5
    const length = random.between(0.9, 1.05)
    for (const [turn, radius] of [
      [-0.63, 0.36],
      [-0.16, 0.78 * length],
      [0, length],
      [0.16, 0.78 * length],
    ] as const) {
      points.push(radius * cosine(angle + turn), radius * sine(angle + turn))
    }
  }
  const tone = random.pick(tones)
  const offset = random.between(0, 200)
  fill(site, {
    outline: smoothOutline(points, 4),
    bevel: 0.34,
    paint: (p) => {
      const bump = grit(p.x * 13 + offset, p.y * 13)
      setColour(p, tone)
      shade(p, 0.75 + 0.35 * p.rise)
      tint(p, wart, 0.7 * smoothStep(0.35, 0.7, bump) * smoothStep(0.1, 0.4, p.rise))
      p.height = p.below + 0.04 + 0.26 * p.rise * (2 - p.rise) + 0.03 * bump
      p.gloss = 0.1
    },
  })
}
